"""MSAL for Node, in a world that moved in, over https."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.engines import ENGINES
from tests.flows.browser import Person, answer_of, pkce
from tests.flows.moved import Base, moved_in
from tests.oracles.test_npm import SCRIPTS
from tests.world import CALLBACK, PASSWORD

Talk = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module", params=ENGINES)
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Base]:
    with moved_in(request.param, tmp_path_factory.mktemp("moved")) as made:
        yield made


@pytest.fixture
def talk(base: Base) -> Talk:
    """One step of the script as an application, trusting the server's certificate."""

    def run(step: str, word: str, **parameters: str) -> dict[str, Any]:
        said = {"client": base.id(word), "tenant": base.tenant, "scope": base.api_uri, **parameters}
        command = ["node", "msal_node.mjs", base.served.url, step, json.dumps(said)]
        trusting = {**os.environ, "NODE_EXTRA_CA_CERTS": str(base.certificate.chain)}
        done = subprocess.run(
            command, cwd=SCRIPTS, capture_output=True, text=True, timeout=120, check=False, env=trusting
        )
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return run


def check_tokens(base: Base, answer: dict[str, Any]) -> None:
    """The first, the same from the cache, and two of refreshes."""
    first, cached, *fresh = answer["tokens"]
    assert (cached, answer["fromCache"]) == (first, True)
    assert len({first, *fresh}) == 3
    assert [len(base.units(token)) for token in (first, *fresh)] == [10] * 3


def test_the_password_grant_its_cache_and_its_refresh(base: Base, talk: Talk) -> None:
    answer = talk("password", "ropc", username="daemon-a", password=PASSWORD)
    assert answer["claims"]["aud"] == base.id("ropc")
    check_tokens(base, answer)


def test_a_wrong_password_is_an_error_that_it_reads(talk: Talk) -> None:
    answer = talk("wrong", "ropc", username="daemon-b")
    assert answer["code"] == "access_denied"
    assert "AADB2C90225" in answer["message"]


def test_code_with_pkce_and_silent_refresh(base: Base, talk: Talk) -> None:
    verifier, challenge = pkce()
    url = talk("address", "spa", redirect_uri=CALLBACK, challenge=challenge)["url"]
    person = Person(base.served)
    back = person.sign_in(person.follow(person.http.get(url)), "ann").headers["location"]
    answer = talk("code", "spa", redirect_uri=CALLBACK, code=answer_of(back)["code"], verifier=verifier)
    assert answer["claims"]["sub"] == base.subject("ann")
    check_tokens(base, answer)
