"""The list of revoked tokens that every process holds: no application fills it, and it empties with time."""

import httpx2
import pytest

from hoistway.endpoints import revoke
from hoistway.settings import HOUR
from hoistway.store.db import Database
from hoistway.store.revocations import add_revocation
from hoistway.tokens import revoked
from hoistway.tokens.revoked import Revoked
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


def test_every_process_counts_whose_they_are(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(db: Database) -> None:
        one, other = Revoked(), Revoked()
        async with db.write() as tx:
            for number in range(3):
                await add_revocation(tx, f"t{number}", now=NOW, expires_at=NOW + HOUR, made_by="daemon")
            await add_revocation(tx, "ours", now=NOW, expires_at=NOW + 2 * HOUR)
        for process in (one, other, other):
            await process.load(db, NOW)
        for process in (one, other):
            assert not process.has_room("daemon", 3)
            assert process.has_room("daemon", 4)
            assert process.has_room("another", 1)
        monkeypatch.setattr(revoked, "MOST", 4)
        assert not one.has_room("another", 1)
        await one.load(db, NOW + HOUR)
        assert one.has_room("daemon", 1)
        assert "ours" in one
        assert "t0" not in one

    on(migrated_url, work)
