"""hoistway consent: what people allowed, and taking it back for them."""

from datetime import UTC, datetime

import pytest

from hoistway.protocol.ids import ApiId, ClientId, CustomerId, UserId
from hoistway.store.consents import add_consent
from hoistway.store.db import Writer
from tests.attacks.asking import refresh, refusal
from tests.cli.running import answer, manage, run
from tests.flows.browser import Person
from tests.server import Served, change
from tests.world import NOW, A, B

OPENID, UNITS = (ApiId(""), "openid"), (ApiId("customer-api"), "units.read")


@pytest.fixture(autouse=True)
def _world(monkeypatch: pytest.MonkeyPatch, served: Served) -> None:
    manage(monkeypatch, served)


def give(served: Served, customer: CustomerId) -> None:
    async def work(tx: Writer) -> None:
        await add_consent(tx, UserId("u-both"), ClientId("partner"), customer, {OPENID, UNITS}, NOW)

    change(served.database, work)


def test_consents_are_listed_and_taken_back_by_customer(served: Served) -> None:
    give(served, A)
    give(served, B)
    listed = answer("consent", "list", "u-both")
    assert [(row["application"], row["customer"], row["scopes"]) for row in listed] == [
        ("partner", customer, ["openid", "customer-api units.read"]) for customer in ("c-a", "c-b")
    ]  # fmt: skip
    ended = answer("consent", "revoke", "u-both", "--application", "partner", "--customer", "c-a")
    assert ended == {"user": "u-both", "applications": ["partner"], "scopes": 2, "refresh_tokens": 0}
    assert [row["customer"] for row in answer("consent", "list", "u-both")] == ["c-b"]
    answer("consent", "revoke", "u-both")
    assert answer("consent", "list", "u-both") == []
    assert answer("consent", "revoke", "u-both")["applications"] == []


def test_lasting_sign_ins_end_too(served: Served) -> None:
    tokens = Person(served).tokens("spa", "ann", "openid offline_access units.read")
    [row] = answer("consent", "list", "u-ann")
    assert (row["application"], row["refresh_tokens"], row["consented_at"]) == ("spa", 1, None)
    assert answer("consent", "revoke", "u-ann", "--application", "spa")["refresh_tokens"] == 1
    assert refusal(refresh(served, tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_person_is_named_by_user_name_too_and_times_are_read(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    Person(served).tokens("spa", "ann", "openid offline_access units.read")
    [row] = answer("consent", "list", "ann@example.com")
    assert (
        f"{datetime.fromtimestamp(row['since'], UTC):%Y-%m-%dT%H:%M:%SZ}"
        in run("consent", "list", "ann@example.com").stdout
    )
    assert answer("consent", "revoke", "ann@example.com")["refresh_tokens"] == 1
    assert answer("consent", "list", "u-ann") == []


def test_nobody_there(served: Served) -> None:
    for words in (("list", "u-nobody"), ("revoke", "u-nobody")):
        assert "there is no user u-nobody" in run("consent", *words, code=1).output
