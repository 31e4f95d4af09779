"""oauth4webapi and openid-client, which check every answer they take: issuer, nonce, signatures, content types, types."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.oracles.sign_in import NONCE, STATE, returned
from tests.server import Served
from tests.world import API_URI, CALLBACK, PASSWORD, SECRET

SCRIPTS = Path(__file__).parent.parent / "npm"
Talk = Callable[..., dict[str, Any]]


@pytest.fixture(params=["oauth4webapi.mjs", "openid_client.mjs"])
def talk(request: pytest.FixtureRequest, served: Served) -> Talk:
    """One step of the library's script against the server, and what it made of the answers."""

    def run(step: str, **parameters: str) -> dict[str, Any]:
        command = ["node", request.param, served.url, step, json.dumps(parameters)]
        done = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return run


def sign_in(served: Served, client_id: str) -> dict[str, str]:
    back = returned(served, client_id)
    return {
        "callback": back.callback,
        "verifier": back.verifier,
        "redirect_uri": CALLBACK,
        "state": STATE,
        "nonce": NONCE,
    }


def test_discovery(served: Served, talk: Talk) -> None:
    metadata = talk("discovery")
    assert metadata["issuer"] == served.url
    assert metadata["authorization_response_iss_parameter_supported"] is True


@pytest.mark.parametrize("method", ["basic", "post"])
def test_client_credentials(talk: Talk, method: str) -> None:
    answer = talk(f"client_credentials_{method}", secret=SECRET)
    assert answer["token_type"].lower() == "bearer"
    assert answer["expires_in"] == 3600


def test_introspection_before_and_after_revocation(talk: Talk) -> None:
    answer = talk("introspect_and_revoke", secret=SECRET)
    assert answer["before"]["active"] is True
    assert answer["before"]["client_id"] == "daemon"
    assert answer["before"]["scope"] == "units.read"
    assert answer["after"] == {"active": False}


def test_code_with_pkce_userinfo_and_refresh(served: Served, talk: Talk) -> None:
    answer = talk("code", **sign_in(served, "spa"))
    assert answer["claims"]["aud"] == "spa"
    assert answer["claims"]["nonce"] == NONCE
    assert answer["person"]["sub"] == "u-ann"
    assert answer["tokens"]["scope"] == "openid offline_access units.read"


def test_code_with_pkce_and_a_secret(served: Served, talk: Talk) -> None:
    answer = talk("code_confidential", **sign_in(served, "web"), secret=SECRET)
    assert answer["claims"]["sub"] == "u-ann"
    assert answer["tokens"]["access_token"]


def test_the_password_grant(talk: Talk) -> None:
    answer = talk("password", password=PASSWORD, scope=f"{API_URI} offline_access")
    assert answer["scope"] == f"{API_URI} offline_access"
    assert answer["refresh_token"]


def test_a_wrong_secret_is_a_challenge_that_the_libraries_read(talk: Talk) -> None:
    answer = talk("refusal")
    assert answer["status"] == 401
    assert answer["schemes"] == ["basic"]
