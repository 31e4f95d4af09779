"""Programs that were written for the older system, unchanged but for the host: raw clients, in a world that moved in."""

import json
import subprocess
from collections.abc import Iterator
from http.client import HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.engines import ENGINES
from tests.flows.moved import Base, moved_in
from tests.flows.test_installed_base import check_documented_refresh
from tests.world import PASSWORD

MISSING = "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
FORM = {"grant_type": "password", "username": "daemon-a", "password": PASSWORD}


@pytest.fixture(scope="module", params=ENGINES)
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Base]:
    with moved_in(request.param, tmp_path_factory.mktemp("moved")) as made:
        yield made


def curl(base: Base, *words: str) -> tuple[int, dict[str, Any]]:
    command = ["curl", "-sS", "--cacert", str(base.certificate.chain), "-w", "\n%{http_code}", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def test_curl_as_the_older_documentation_has_it(base: Base) -> None:
    """The form as one sentence, then the call with the token and the key."""
    proxy = base.id("ropc")
    sentence = f"username=daemon-a&password={PASSWORD}&grant_type=password&scope=openid+{proxy}+offline_access&client_id={proxy}"
    kind = "Content-Type: application/x-www-form-urlencoded"
    status, said = curl(
        base, "--location", "--request", "POST", base.ropc, "-H", kind, "-d", f"{sentence}&response_type=token+id_token"
    )
    assert (status, said["token_type"], said["expires_in"]) == (200, "Bearer", "3600"), said
    assert said["id_token"]
    assert said["refresh_token"]
    _, said = curl(base, base.ropc, "-d", urlencode({**FORM, "client_id": proxy, "scope": base.api_uri}))
    call = ("-H", f"Authorization: Bearer {said['access_token']}", "-H", "Ocp-Apim-Subscription-Key: " + base.key)
    status, listed = curl(base, f"{base.served.url}/api/v1/units", *call)
    assert (status, len(listed["items"])) == (200, 10)


def test_the_key_in_header_and_query(base: Base) -> None:
    said = base.token(**FORM, client_id=base.id("ropc"), scope=base.api_uri).json()
    token = f"Authorization: Bearer {said['access_token']}"
    units = f"{base.served.url}/api/v1/units"
    assert curl(base, units, "-H", token, "-H", f"ocp-apim-subscription-key: {base.key}")[0] == 200
    assert curl(base, f"{units}?subscription-key={base.key}", "-H", token)[0] == 200
    assert curl(base, units, "-H", token) == (401, {"statusCode": 401, "message": MISSING})
    status, refused = curl(base, f"{units}?subscription-key={base.key[:-1]}", "-H", token)
    assert (status, "invalid subscription key" in str(refused["message"])) == (401, True)


def test_the_refresh_as_microsoft_documents_it(base: Base) -> None:
    check_documented_refresh(base.token, base.id("ropc"))


def multipart(form: dict[str, str]) -> tuple[str, bytes]:
    """As MultipartFormDataContent of .NET writes it: the boundary in quotation marks, names without."""
    part = "--{0}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name={1}\r\n\r\n{2}\r\n"
    boundary = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
    body = "".join(part.format(boundary, name, value) for name, value in form.items()) + f"--{boundary}--\r\n"
    return f'multipart/form-data; boundary="{boundary}"', body.encode()


@pytest.mark.parametrize("parts", [False, True], ids=["form", "multipart"])
def test_a_client_shaped_like_dotnet(base: Base, parts: bool) -> None:
    """HttpClient's own order and headers, one connection for token, call and the next token; .NET Framework expects a 100 first."""
    served = urlsplit(base.served.url)
    connection = HTTPSConnection(str(served.hostname), served.port, timeout=60, context=base.certificate.trust())
    asked = {
        "username": "daemon-a",
        "password": PASSWORD,
        "grant_type": "password",
        "scope": base.api_uri,
        "client_id": base.id("ropc"),
    }
    kind, body = multipart(asked) if parts else ("application/x-www-form-urlencoded", urlencode(asked).encode())
    for _ in range(2):
        connection.request("POST", urlsplit(base.ropc).path, body, {"Content-Type": kind, "Expect": "100-continue"})
        reply = connection.getresponse()
        said = json.loads(reply.read())
        assert reply.status == 200, said
        sent = {"Authorization": f"Bearer {said['access_token']}", "Ocp-Apim-Subscription-Key": base.key}
        connection.request("GET", "/api/v1/units", headers=sent)
        reply = connection.getresponse()
        assert (reply.status, len(json.loads(reply.read())["items"])) == (200, 10)
    connection.close()


def test_a_wrong_password_has_the_code_that_programs_look_for(base: Base) -> None:
    """As for C#: the number somewhere in the sentence, and lines that end as they did."""
    refused = base.token(
        **{**FORM, "username": "daemon-b", "password": "wrong"}, client_id=base.id("ropc"), scope=base.api_uri
    )
    assert (refused.status_code, refused.json()["error"]) == (400, "access_denied")
    first, second, third, last = refused.json()["error_description"].split("\r\n")
    assert first.startswith("AADB2C90225: ")
    assert (second.split(":")[0], third.split(":")[0], last) == ("Correlation ID", "Timestamp", "")
