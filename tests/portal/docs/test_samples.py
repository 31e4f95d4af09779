"""Every sample of the reference and the guides is run as it stands on the page, in each language that this machine has; the
rest is parsed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hoistway.portal.docs.described import operations
from hoistway.portal.docs.guides import Guide, guides
from hoistway.portal.docs.languages import LANGUAGES
from hoistway.portal.docs.samples import CALLS
from hoistway.portal.docs.values import PLACEHOLDER, Value, fill_text
from hoistway.store.clients import put_client
from hoistway.store.db import Writer
from tests.engines import drop_database, fresh_database
from tests.flows.browser import Person, answer_of
from tests.portal.docs.running import GRAMMARS, RUNTIMES, errors_in, present, run_sample, run_shell, samples_on
from tests.portal.signing_in import Visitor
from tests.server import Served, change, populate, serving
from tests.world import API_URI, PASSWORD, SECRET, A, client

SCOPE = "openid units.read profile.read profile.write"
# What these answer changes with the second.
COUNTING_DOWN = {"readLimits"}
OWN = client("own-spa", "single-page", customer_id=A)


# On one engine: what is tested here is the samples' languages, and a Java program takes seconds to start.
@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    url = fresh_database("sqlite", populate)

    async def add(tx: Writer) -> None:
        await put_client(tx, OWN)

    change(url, add)
    with serving(url) as server:
        yield server
    drop_database(url)


@pytest.fixture(scope="module")
def reader(served: Served) -> Iterator[Visitor]:
    visitor = Visitor(served.url).sign_in("ann")
    yield visitor
    visitor.close()


@pytest.fixture(scope="module")
def token(served: Served) -> str:
    return Person(served).tokens("spa", "ann", scope=SCOPE)["access_token"]


def refresh_token(served: Served) -> str:
    form = {"grant_type": "password", "client_id": "ropc", "username": "daemon-a", "password": PASSWORD}
    reply = httpx2.post(f"{served.url}/oauth2/token", data={**form, "scope": f"{API_URI} offline_access"})
    found: str = reply.json()["refresh_token"]
    return found


def get(served: Served, path: str, token: str) -> Any:
    return httpx2.get(served.url + path, headers={"authorization": f"Bearer {token}"}).json()


def output(program: str, language: str, folder: Path, **env: str) -> Any:
    done = run_sample(program, language, folder, env)
    assert done.returncode == 0, f"{program}\n{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)


def test_this_machine_runs_what_every_machine_of_ours_runs() -> None:
    assert {"curl", "python", "javascript"} <= set(present())
    assert set(LANGUAGES) == {*RUNTIMES, *GRAMMARS}


@pytest.mark.parametrize("language", present())
@pytest.mark.parametrize("name", operations())
def test_an_operation(served: Served, reader: Visitor, token: str, tmp_path: Path, name: str, language: str) -> None:
    operation = operations()[name]
    program = samples_on(reader.get(operation.href).text)["call"][language]
    said = output(program, language, tmp_path, ACCESS_TOKEN=token)
    address = PLACEHOLDER.sub(
        lambda found: {"unit_id": "US-c-a-10", "user_id": "u-ann"}.get(found[1], ""), operation.call.address
    )
    expected = get(served, address, token)
    assert_alike(expected, said)
    if name not in COUNTING_DOWN:
        assert said == expected
    if operation.call.json is not None:
        assert json.loads(operation.call.json).items() <= said.items()


@pytest.mark.parametrize("language", present())
def test_the_calls_beside_the_guides(served: Served, reader: Visitor, tmp_path: Path, language: str) -> None:
    found: dict[str, dict[str, str]] = {}
    for guide in guides("en").values():
        found |= samples_on(reader.get(guide.href).text)
    assert set(found) == set(CALLS)
    secrets = {"PASSWORD": PASSWORD, "CLIENT_SECRET": SECRET, "REFRESH_TOKEN": refresh_token(served)}
    for name in ("password", "client_credentials", "refresh"):
        access = output(found[name][language], language, tmp_path / name, **secrets)["access_token"]
        assert get(served, "/api/v1/me", access)["customer"]["id"] == A
        secrets["ACCESS_TOKEN"] = access
    assert len(output(found["units"][language], language, tmp_path / "units", **secrets)["items"]) == 10
    assert output(found["me"][language], language, tmp_path / "me", **secrets)["unit_count"] == 10


@pytest.mark.parametrize("language", [language for language in present() if language != "curl"])
def test_a_refusal_ends_the_program_and_is_shown(reader: Visitor, tmp_path: Path, language: str) -> None:
    program = samples_on(reader.get("/portal/reference/readMe").text)["call"][language]
    done = run_sample(program, language, tmp_path, {"ACCESS_TOKEN": "nonsense"})
    assert done.returncode != 0
    assert "token-refused" in done.stdout + done.stderr


@pytest.mark.parametrize("language", GRAMMARS)
def test_what_cannot_be_run_is_parsed(language: str) -> None:
    calls = [*CALLS.values(), *(one.call for one in operations().values())]
    values = {name: Value("x", "blank") for call in calls for name in PLACEHOLDER.findall(repr(call))}
    for call in calls:
        program = fill_text(LANGUAGES[language].write(call), values)
        assert errors_in(program, language) == [], program
        assert errors_in(program.replace("(", "", 1), language) != []


def assert_alike(shown: Any, said: Any) -> None:
    """The answer has each member that the guide shows, of the same kind."""
    assert type(shown) is type(said), (shown, said)
    if isinstance(shown, dict):
        for name, value in shown.items():
            assert_alike(value, said[name])
    elif isinstance(shown, list) and shown:
        assert_alike(shown[0], said[0])


def code_of(served: Served, address: str) -> str:
    """What a person does with the address that the guide prints."""
    person = Person(served)
    page = person.http.get(address)
    return answer_of(person.sign_in(page, "ann").headers["location"])["code"]


@pytest.mark.parametrize("guide", guides("en").values(), ids=lambda guide: guide.name)
def test_the_shell_of_a_guide(served: Served, reader: Visitor, tmp_path: Path, guide: Guide) -> None:
    """Block by block, as a reader pastes them; the JSON behind a block is its answer."""
    env = {"PASSWORD": PASSWORD, "CLIENT_SECRET": SECRET}
    blocks = samples_in(reader.get(f"{guide.href}.md").text)
    said = ""
    for language, code in blocks:
        if language == "sh":
            if '$CODE"' in code:
                env["CODE"] = code_of(served, said.strip().splitlines()[-1])
            said = run_shell(code, tmp_path / "state", env)
        elif language == "json":
            shown = json.loads(code)
            if said.lstrip().startswith("{"):
                assert_alike(shown, json.loads(said))
            said = ""
    assert [language for language, _ in blocks] == [fence.language for fence in guide.document.fences]


def samples_in(markdown: str) -> list[tuple[str, str]]:
    """(language, code) of each fenced block."""
    parts = markdown.split("\n```")
    return [(part.split("\n", 1)[0], part.split("\n", 1)[1]) for part in parts[1::2]]
