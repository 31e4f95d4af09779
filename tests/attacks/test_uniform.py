"""Row 40, timing: not measured but counted. Whoever the name belongs to, the same work is done, in the same order."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from hoistway.authn.passwords import Passwords
from hoistway.protocol.ids import ServiceAccountId, UserId
from hoistway.store.db import Compiled, Statement, Writer
from hoistway.store.service_accounts import set_service_account_disabled
from hoistway.store.users import set_user_disabled
from tests.attacks.asking import password
from tests.attacks.test_accounts import guess
from tests.engines import EngineName, drop_database, fresh_database
from tests.server import Served, change, populate, serving
from tests.world import API_URI, NOW, PASSWORD

# What the server reads and writes every few seconds beside the requests; on a slow machine an attempt takes as long.
BESIDE = re.compile(r"(?:FROM|INTO) (?:revocations|keys|branding|links|application_sessions|usage_\w+)\b")


@dataclass
class Work:
    """What a request made the server do: password verifications, and statements in their order."""

    verifications: int = 0
    statements: list[str] = field(default_factory=list)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    done = Work()
    verify, for_engine = Passwords._verify, Statement.for_engine

    def verified(self: Passwords, digest: str, word: str) -> bool:
        done.verifications += 1
        return verify(self, digest, word)

    def compiled(self: Statement[object], engine: str) -> Compiled:
        found = for_engine(self, engine)
        if not BESIDE.search(found.text):
            done.statements.append(found.text)
        return found

    monkeypatch.setattr(Passwords, "_verify", verified)
    monkeypatch.setattr(Statement, "for_engine", compiled)
    return done


@pytest.fixture
def server(engine_name: EngineName) -> Iterator[Served]:
    """With a disabled person and a disabled technical account."""
    url = fresh_database(engine_name, populate)

    async def disable(tx: Writer) -> None:
        await set_user_disabled(tx, UserId("u-gone"), NOW)
        await set_service_account_disabled(tx, ServiceAccountId("sa-b"), NOW)

    change(url, disable)
    # What the first request read is not read anew before the last one, however long they take.
    with serving(url, cache_seconds=600) as served:
        yield served
    drop_database(url)


Try = Callable[[Served, str, str], None]


def sign_in(served: Served, name: str, word: str) -> None:
    assert guess(served, name, word).status_code == 400


def by_password(served: Served, name: str, word: str) -> None:
    assert password(served, name, word, scope=API_URI).status_code == 400


@pytest.mark.parametrize(
    ("attempt", "tried"),
    [
        (
            sign_in,
            {
                "ann@example.com": "wrong",
                "emil@example.com": "wrong",
                "nobody@example.com": "wrong",
                "daemon-a": PASSWORD,
                "gone@example.com": PASSWORD,
                "\U0001f600": "wrong",
                "": "wrong",
            },
        ),
        (
            by_password,
            {
                "daemon-a": "wrong",
                "daemon-x": "wrong",
                "ann@example.com": PASSWORD,
                "emil@example.com": "wrong",
                "u-ann": PASSWORD,
                "\U0001f600": "wrong",
            },
        ),
    ],
)
def test_the_same_work_for_every_name(served_work: tuple[Served, Work], attempt: Try, tried: dict[str, str]) -> None:
    """Known, unknown, an employee's, one of the other kind with the right password, a disabled one, none."""
    served, done = served_work
    attempt(served, "warm-up", "wrong")
    seen = {}
    for name, word in tried.items():
        done.verifications, done.statements = 0, []
        attempt(served, name, word)
        seen[name] = (done.verifications, tuple(done.statements))
    assert {verifications for verifications, _ in seen.values()} == {1}
    first = next(iter(seen.values()))
    assert {name: statements for name, (_, statements) in seen.items() if statements != first[1]} == {}
    assert len(first[1]) > 3, "the statements were seen"


@pytest.fixture
def served_work(work: Work, server: Served) -> tuple[Served, Work]:
    return server, work


def test_a_disabled_account_writes_as_an_unknown_one(served_work: tuple[Served, Work]) -> None:
    """Its right password is looked at once, and the failure is kept."""
    served, done = served_work
    writes = []
    by_password(served, "warm-up", "wrong")
    for name in ("daemon-b", "daemon-x"):
        done.verifications, done.statements = 0, []
        by_password(served, name, PASSWORD)
        writes.append([text for text in done.statements if not text.startswith("SELECT")])
        assert done.verifications == 1
    assert writes[0] == writes[1]
