"""Row 56: what a password gives while it is being replaced."""

import pytest
from sqlalchemy import func, select

from hoistway.authn.passwords import Passwords
from hoistway.grants.new_password import replace_password
from hoistway.protocol.subject import Kind
from hoistway.store.db import Database, Statement, Writer
from hoistway.store.families import FAMILIES
from hoistway.store.sessions import SESSIONS
from tests.attacks.asking import password, refusal
from tests.attacks.test_accounts import guess, own_served
from tests.server import Served, change
from tests.store.test_schema import on
from tests.world import API_URI, PASSWORD

__all__ = ["own_served"]

ACCOUNTS: dict[str, tuple[Kind, str]] = {"sign in": ("user", "u-ann"), "grant": ("service_account", "sa-a")}
NEW = "another-" + PASSWORD
_COUNTS = [
    Statement(lambda: select(func.count()).select_from(SESSIONS), int),
    Statement(lambda: select(func.count()).select_from(FAMILIES), int),
]


def given(served: Served) -> list[int]:
    async def read(db: Database) -> list[int]:
        return [await db.one(count, {}) or 0 for count in _COUNTS]

    return on(served.database, read)


def ask(served: Served, way: str, word: str) -> int:
    if way == "sign in":
        return guess(served, "ann@example.com", word).status_code
    return password(served, "daemon-a", word, scope=f"{API_URI} offline_access").status_code


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch, own_served: Served) -> list[tuple[Kind, str, str]]:
    """What is put in becomes somebody's password as soon as one was compared."""
    resets: list[tuple[Kind, str, str]] = []
    verify = Passwords._verify

    def then_reset(self: Passwords, digest: str, word: str) -> bool:
        matched = verify(self, digest, word)
        if resets:
            kind, account_id, new = resets.pop()
            renewed = Passwords(1).hash_now(new)

            async def work(tx: Writer) -> None:
                assert await replace_password(tx, kind, account_id, renewed, 1)

            change(own_served.database, work)
        return matched

    monkeypatch.setattr(Passwords, "_verify", then_reset)
    return resets


@pytest.mark.parametrize("way", ACCOUNTS)
def test_the_old_password_gives_nothing_after_a_reset(
    own_served: Served, meanwhile: list[tuple[Kind, str, str]], way: str
) -> None:
    """Row 56: it was right when it was compared; no session and no refresh token comes of it."""
    meanwhile.append((*ACCOUNTS[way], NEW))
    assert ask(own_served, way, PASSWORD) == 400
    assert given(own_served) == [0, 0]
    assert ask(own_served, way, NEW) in {200, 303}


@pytest.mark.parametrize("way", ACCOUNTS)
def test_the_same_password_hashed_anew_is_still_right(
    own_served: Served, meanwhile: list[tuple[Kind, str, str]], way: str
) -> None:
    """Row 56 ends what an old password gave, not what the same one gives."""
    meanwhile.append((*ACCOUNTS[way], PASSWORD))
    assert ask(own_served, way, PASSWORD) in {200, 303}
    assert sum(given(own_served)) == 1


def test_a_reset_ends_a_sign_in_that_was_faster(own_served: Served) -> None:
    """Row 56: whichever of the two is written first."""
    for way, (kind, account_id) in ACCOUNTS.items():
        assert ask(own_served, way, PASSWORD) in {200, 303}

        async def work(tx: Writer, kind: Kind = kind, account_id: str = account_id) -> None:
            ended = await replace_password(tx, kind, account_id, "none", 1)
            assert ended is not None
            assert ended.sessions + ended.refresh_tokens == 1

        change(own_served.database, work)
    assert refusal(password(own_served, "daemon-a", scope=API_URI)) == (400, "invalid_grant")
