"""An application in node takes our logout tokens: openid-client reads the metadata, jose verifies."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hoistway.server import telling_ends
from hoistway.store.application_sessions import APPLICATION_SESSIONS
from tests.engines import drop_database, fresh_database
from tests.federation.connected import rows_of
from tests.flows.browser import Person, hidden
from tests.flows.receiver import register, until
from tests.server import Served, populate, serving

SCRIPTS = Path(__file__).parent.parent / "npm"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(telling_ends, "EVERY", 0.05)
    url = fresh_database("sqlite", populate)
    with serving(url, outbound_loopback=True) as made:
        yield made
    drop_database(url)


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_an_application_in_node_takes_logout_tokens(served: Served, alg: str) -> None:
    """With each algorithm for ID tokens; what was altered, or comes twice, it refuses."""
    command = ["node", "logout_receiver.mjs", served.url, "spa"]
    with subprocess.Popen(command, cwd=SCRIPTS, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None

            def said() -> dict[str, Any]:
                assert process.stdout is not None
                answer: dict[str, Any] = json.loads(process.stdout.readline())
                return answer

            began = said()
            assert began["supported"] is True
            where = f"http://127.0.0.1:{began['port']}/logout"
            register(served.database, "spa", where, id_token_alg=alg)
            person = Person(served)
            tokens = person.tokens("spa", "ann")
            page = person.get("/oauth2/logout")
            form = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf")}
            person.http.post("/oauth2/logout", data=form)
            told = said()
            assert (told["sub"], told["alg"]) == ("u-ann", alg)
            until(lambda: rows_of(served.database, APPLICATION_SESSIONS) == [])
            assert httpx2.post(where, data={"logout_token": tokens["id_token"]}).status_code == 400
            assert "refused" in said()
        finally:
            process.kill()
