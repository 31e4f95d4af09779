"""A password that is reset ends what the old one gave: over HTTP, on both engines."""

import asyncio
import hashlib
import json
from pathlib import Path

import pytest

from hoistway.store.audit import latest_entries
from hoistway.store.db import Database
from hoistway.store.open import open_database
from hoistway.store.revocations import revocations_since
from tests.attacks.asking import (
    assert_refused_token,
    bearer,
    daemon_token,
    parts_of,
    password,
    redeem,
    refresh,
    refusal,
)
from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.flows.browser import Person
from tests.world import API_URI, PASSWORD

INVALID = (400, "invalid_grant")
OFFLINE = f"{API_URI} offline_access"


def read(managed: Managed, event: str) -> list[dict[str, object]]:
    async def work() -> list[dict[str, object]]:
        db: Database = await open_database(managed.served.database)
        entries = await latest_entries(db, event)
        await db.close()
        return [json.loads(entry.detail) for entry in entries]

    return asyncio.run(work())


def revoked(managed: Managed) -> set[str]:
    async def work() -> set[str]:
        db: Database = await open_database(managed.served.database)
        rows = await revocations_since(db, 0, managed.clock.at)
        await db.close()
        return {revoked_id for revoked_id, *_ in rows}

    return asyncio.run(work())


def test_a_technical_account(managed: Managed) -> None:
    served, clock = managed.served, managed.clock
    old, plain = (password(served, "daemon-a", scope=scope).json() for scope in (OFFLINE, API_URI))
    other, by_secret = password(served, "daemon-b", scope=OFFLINE).json(), daemon_token(served)
    clock.turn(1)
    made = answer("service-account", "reset-password", "sa-a")
    assert made["ended"] == {"refresh_tokens": 1, "sessions": 0}
    assert refusal(refresh(served, old["refresh_token"], "ropc")) == INVALID
    for token in (old["access_token"], plain["access_token"]):
        assert_refused_token(bearer(served, token))
    assert parts_of(old["access_token"])[1]["grant_id"] in revoked(managed)
    assert refusal(password(served, "daemon-a", scope=API_URI)) == INVALID
    # What another account, or the application by its own secret, got goes on.
    assert bearer(served, by_secret).status_code == 200
    assert refresh(served, other["refresh_token"], "ropc").status_code == 200
    new = password(served, "daemon-a", made["password"], scope=OFFLINE).json()
    assert bearer(served, new["access_token"]).status_code == 200
    assert refresh(served, new["refresh_token"], "ropc").status_code == 200


def test_a_person(managed: Managed) -> None:
    served, clock = managed.served, managed.clock
    ann, bob = Person(served), Person(served)
    old = ann.tokens("spa", "ann", "openid offline_access units.read")
    code, verifier = ann.code("spa", "ann")
    others = bob.tokens("spa", "bob", "openid offline_access units.read")
    clock.turn(1)
    made = answer("user", "reset-password", "u-ann")
    assert made["ended"] == {"refresh_tokens": 1, "sessions": 1}
    assert refusal(refresh(served, old["refresh_token"])) == INVALID
    assert_refused_token(bearer(served, old["access_token"]))
    assert refusal(redeem(served, code, verifier)) == INVALID
    assert (
        "password" in ann.authorize("spa", scope="openid", code_challenge="x" * 43, code_challenge_method="S256").text
    )
    assert refresh(served, others["refresh_token"]).status_code == 200
    page = ann.get("/sign-in")
    assert ann.sign_in(page, "ann", PASSWORD).status_code == 400
    assert ann.sign_in(page, "ann", made["password"]).status_code == 200


def test_it_is_written_down_without_the_password(managed: Managed) -> None:
    made = run("user", "reset-password", "u-bob", "--json").stdout
    entry = read(managed, "user.password_reset")[0]
    assert entry["id"] == "u-bob"
    assert set(entry) == {"id", "refresh_tokens", "sessions"}
    assert json.loads(made)["password"] not in json.dumps(entry)


def test_one_may_be_given_instead(managed: Managed) -> None:
    shown = run("user", "reset-password", "u-both", "--password-stdin", "--json", input="a longer password\n").stdout
    assert "password" not in json.loads(shown)
    person = Person(managed.served)
    page = person.get("/sign-in")
    assert person.sign_in(page, "both").status_code == 400
    assert person.sign_in(page, "both", "a longer password").status_code == 200


@pytest.mark.parametrize("given", ["short", "x" * 1025])
def test_too_short_and_too_long_are_refused(managed: Managed, given: str) -> None:
    run("user", "reset-password", "u-both", "--password-stdin", input=f"{given}\n", code=1)


@pytest.mark.parametrize("noun", ["user", "service-account"])
def test_nobody_has_no_password(managed: Managed, noun: str) -> None:
    before = len(read(managed, "user.password_reset"))
    assert "nobody" in run(noun, "reset-password", "nobody", code=1).stderr
    assert len(read(managed, "user.password_reset")) == before


GUESSED = {
    "Ann Example's lift": "name",
    "0000000000000000000": "Repeats",
    "ann@example.com": "name",
    "fourteen chars": "15 characters",
}


@pytest.mark.parametrize("given", GUESSED)
def test_one_that_is_guessed_is_refused_with_what_helps(managed: Managed, given: str) -> None:
    """By the same function as on pages; nothing is changed."""
    before = len(read(managed, "user.password_reset"))
    said = run("user", "reset-password", "u-ann", "--password-stdin", input=f"{given}\n", code=1)
    assert GUESSED[given] in said.stderr
    assert given not in said.output
    assert len(read(managed, "user.password_reset")) == before


def test_a_breached_one_is_refused_for_technical_accounts_too(
    managed: Managed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = "mauve lantern tuba quarry"
    listed = tmp_path / "list"
    listed.write_text(hashlib.sha1(given.encode()).hexdigest() + ":3\n")
    monkeypatch.setenv("HOISTWAY_BREACHED_PASSWORDS", str(listed))
    words = ("service-account", "reset-password", "sa-b", "--password-stdin")
    assert "stolen" in run(*words, input=f"{given}\n", code=1).stderr
    listed.write_text("0" * 32 + "\n")
    assert "NTLM" in run(*words, input=f"{given}\n", code=2).stderr
    monkeypatch.delenv("HOISTWAY_BREACHED_PASSWORDS")
    assert password(managed.served, "daemon-b", given, scope=API_URI).status_code == 400
    run(*words, input=f"{given}\n")
    assert password(managed.served, "daemon-b", given, scope=API_URI).status_code == 200
