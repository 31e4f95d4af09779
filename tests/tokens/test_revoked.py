"""The list of revoked tokens that every process holds: no application fills it, and it empties with time."""

import httpx2
import pytest

from hoistway.endpoints import revoke
from hoistway.settings import HOUR
from hoistway.store.db import Database
from hoistway.store.revocations import add_revocation
from hoistway.tokens import revoked
from hoistway.tokens.revoked import Maker, Revoked
from tests.attacks.asking import bearer, daemon_token, password, post
from tests.server import Served
from tests.store.test_schema import on
from tests.world import API_URI, SECRET

NOW = 1_700_000_000


def end(served: Served, token: str, client_id: str = "daemon", **more: str) -> httpx2.Response:
    proof = {"client_secret": SECRET} if client_id.startswith("daemon") else {}
    return post(served, "/oauth2/revoke", client_id=client_id, token=token, **proof, **more)


def test_one_daemon_revokes_so_many(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hears 503 (RFC 7009 section 2.2.1), its token still holds; revoking one again takes no room; others go on."""
    monkeypatch.setattr(revoke, "MOST_TOKENS", 3)
    tokens = [daemon_token(served) for _ in range(4)]
    for token in (*tokens[:3], *tokens[:3]):
        assert end(served, token).status_code == 200
        assert bearer(served, token).status_code == 401
    full = end(served, tokens[3])
    assert (full.status_code, full.json()["error"]) == (503, "temporarily_unavailable")
    assert int(full.headers["retry-after"]) > 0
    assert bearer(served, tokens[3]).status_code == 200
    other = daemon_token(served, "daemon-b")
    assert end(served, other, "daemon-b").status_code == 200
    assert bearer(served, other).status_code == 401


def test_one_application_ends_so_many_refresh_tokens(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revoke, "MOST_FAMILIES", 1)
    scope = f"{API_URI} offline_access"
    first, second = (password(served, "daemon-a", scope=scope).json()["refresh_token"] for _ in range(2))
    assert [end(served, token, "ropc").status_code for token in (first, first, second)] == [200, 200, 503]


def of(client_id: str, account_id: str = "sa-a", customer_id: str = "c-a", owner: str | None = None) -> Maker:
    return Maker(client_id, customer_id, account_id, "access", owner)


def test_every_process_counts_whose_they_are(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the version before, which names the application alone, too."""

    async def work(db: Database) -> None:
        one, other = Revoked(), Revoked()
        async with db.write() as tx:
            for number, made_by in enumerate(("daemon", str(of("daemon")), str(of("daemon")))):
                await add_revocation(tx, f"t{number}", now=NOW, expires_at=NOW + HOUR, made_by=made_by)
            await add_revocation(tx, "f0", now=NOW, expires_at=NOW + HOUR, made_by="daemon refresh")
            await add_revocation(tx, "ours", now=NOW, expires_at=NOW + 2 * HOUR)
        for process in (one, other, other):
            await process.load(db, NOW)
        monkeypatch.setattr(revoked, "FIRST", 1)
        for process in (one, other):
            assert process.find_full(of("daemon", owner="c-a"), 3) == "application"
            assert process.find_full(of("daemon", owner="c-a"), 4) is None
            assert process.find_full(of("another"), 1) is None
        monkeypatch.setattr(revoked, "MOST", 5)
        assert one.find_full(of("daemon", owner="c-a"), 4) == "server"
        assert one.find_full(of("another"), 1) is None, "the first of an account always find room"
        await one.load(db, NOW + HOUR)
        assert one.find_full(of("daemon", owner="c-a"), 1) is None
        assert "ours" in one
        assert "t0" not in one

    on(migrated_url, work)


def test_a_customer_has_a_share_of_an_application_that_is_not_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revoked, "FIRST", 1)
    here = Revoked()
    for number, account in enumerate(("u-ann", "u-adam")):
        here.add(f"t{number}", NOW, str(of("spa", account)))
    assert here.find_full(of("spa", "u-ann"), 10) == "customer"
    assert here.find_full(of("spa", "u-ann", owner="c-a"), 10) is None
    assert here.find_full(of("spa", "u-few"), 10) is None, "the first of each account find room"
    assert here.find_full(of("spa", "u-bob", "c-b"), 10) is None
