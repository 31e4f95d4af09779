"""Whoever was imported from Azure AD B2C signs in with the password of old: export, import, connection, first use."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hoistway.store.carried_accounts import Carried, find_carried
from tests.carrying.moving import Moving, described, moving
from tests.carrying.old import CLIENT, SCOPE, old_system
from tests.cli.running import answer, manage, run
from tests.engines import ENGINES
from tests.imports.graph import DOMAIN, MAPPING, federated, lines, local, mapping, oid, user, written
from tests.store.test_schema import on

RIGHT = "Old-Password-1"
AT = {"CustomerNumber": "4711"}


@pytest.fixture
def here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Moving]:
    with old_system() as old, moving(request.param, old) as moved:
        manage(monkeypatch, moved.served)
        monkeypatch.setenv("HOISTWAY_FETCH_LOOPBACK", "true")
        moved.connect(stopped_at=moved.clock())
        yield moved


def bring(folder: Path, *records: Any, text: str = MAPPING) -> Any:
    files = written(folder / "export", "users.ndjson", lines(records))
    return answer("import", "b2c", str(files), "--mapping", mapping(folder, text))


def connect(here: Moving) -> None:
    words = {
        "--old-token-endpoint": here.old.url, "--old-client-id": CLIENT, "--old-scope": SCOPE, "--until": "2099-06-30",
        "--wrong-per-account": "3",
    }  # fmt: skip
    run("tenant", "connect", DOMAIN, *(word for pair in words.items() for word in pair))


def row(here: Moving, word: str, kind: str = "user") -> Carried | None:
    return on(here.served.database, lambda db: find_carried(db, kind, oid(word)))


def state(here: Moving, word: str, kind: str = "user") -> str | None:
    found = row(here, word, kind)
    return None if found is None else found.state


@pytest.mark.parametrize("here", ENGINES, indirect=True)
def test_the_password_of_old_works_at_its_first_use(here: Moving, tmp_path: Path) -> None:
    """Under each name; the old system is asked under the one that it knows, letter for letter."""
    made = bring(
        tmp_path,
        user("mia", local("Mia@Example.com"), local("mia-1", "userName"), attributes=AT),
        user("pump", local("Pump-1", "userName"), attributes={**AT, "AccountType": "technical"}),
    )
    assert (made["people"], made["technical_accounts"], made["to_carry"]) == (1, 1, 2)
    here.old.people |= {"Mia@Example.com": (RIGHT, oid("mia")), "Pump-1": (RIGHT, oid("pump"))}
    assert here.sign_in("mia@example.com", RIGHT).status_code == 400, "nobody knows the password before"
    connect(here)
    assert here.sign_in("mia-1", RIGHT).status_code == 303
    assert described([here.grant("pump-1", RIGHT), here.grant("PUMP-1", RIGHT)]) == ["token"] * 2
    assert here.sign_in("mia@example.com", RIGHT).status_code == 303
    assert here.old.times() == {"Mia@Example.com": 1, "Pump-1": 1}
    assert (state(here, "mia"), state(here, "pump", "service_account")) == ("carried", "carried")


@pytest.mark.parametrize("here", ENGINES, indirect=True)
def test_who_has_no_password_there_that_works_is_not_asked_about(here: Moving, tmp_path: Path) -> None:
    """Who must change it there first is told to get one here; who came by a provider alone never had one."""
    forced = {"passwordProfile": {"password": None, "forceChangePasswordNextSignIn": True}}
    text = MAPPING + "  federated_only: by_address\n"
    made = bring(
        tmp_path,
        user("forced", attributes=AT, **forced),
        user("factor", attributes=AT, passwordProfile={"forceChangePasswordNextSignInWithMfa": True}),
        user("social", federated("google.com", "1"), otherMails=["social@example.com"], attributes=AT),
        user("plain", attributes=AT, passwordProfile={"password": None, "forceChangePasswordNextSignIn": False}),
        text=text,
    )
    assert (made["people"], made["to_carry"], made["told"], made["left_out"]) == (4, 1, 2, 0)
    assert [one["id"] for one in made["refusals"]] == [oid("forced"), oid("factor")]
    assert all("a new password is set here" in one["because"] for one in made["refusals"])
    assert [state(here, word) for word in ("forced", "factor", "social", "plain")] == [None, None, None, "waiting"]
