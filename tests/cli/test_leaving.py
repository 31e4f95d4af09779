"""hoistway user leave: a person's place in one customer ends, with what was given for it, over HTTP on both engines."""

import asyncio

from hoistway.protocol.ids import UserId
from hoistway.store.memberships import find_membership
from hoistway.store.open import open_database
from tests.attacks.asking import assert_refused_token, bearer, refresh, refusal
from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.cli.test_reset import read
from tests.flows.browser import Person
from tests.world import A

OFFLINE = "openid offline_access units.read"


def role_of(managed: Managed, user_id: str) -> str | None:
    async def find() -> str | None:
        db = await open_database(managed.served.database)
        found = await find_membership(db, UserId(user_id), A)
        await db.close()
        return None if found is None else found.role

    return asyncio.run(find())


def test_what_was_given_for_the_customer_ends(managed: Managed) -> None:
    served = managed.served
    few, other = (Person(served).tokens("spa", name, OFFLINE) for name in ("few", "ann"))
    managed.clock.at += 5
    left = answer("user", "leave", "few@example.com", "--customer", "c-a")
    assert left == {"user_id": "u-few", "customer_id": "c-a", "refresh_tokens": 1}
    assert_refused_token(bearer(served, few["access_token"]))
    assert refusal(refresh(served, few["refresh_token"])) == (400, "invalid_grant")
    assert bearer(served, other["access_token"]).status_code == 200
    assert read(managed, "membership.removed")[0] == {"user": "u-few", "customer": "c-a", "refresh_tokens": 1}
    answer("user", "join", "few@example.com", "--customer", "c-a", "--site", "c-a-s1")
    assert_refused_token(bearer(served, few["access_token"]))


def test_other_customers_of_the_person_stay(managed: Managed) -> None:
    answer("user", "leave", "u-both", "--customer", "c-b")
    assert [row["id"] for row in answer("user", "list", "--customer", "c-a", "--name", "both@")] == ["u-both"]
    assert "has no place in c-b" in run("user", "leave", "u-both", "--customer", "c-b", code=1).output
    assert answer("user", "show", "u-both")["disabled_at"] is None


ADAM = ("adam@example.com", "--customer", "c-a")
ENDS = (("leave",), ("join",), ("join", "--role", "member"), ("join", "--site", "c-a-s1"))
MAKE = ("--customer", "c-a", "--role", "administrator")


def check_kept(managed: Managed) -> None:
    for verb, *more in ENDS:
        said = run("user", verb, *ADAM, *more, code=1).output
        assert "the only administrator of c-a" in said
        assert "hoistway user join ID --customer c-a --role administrator" in said
        assert role_of(managed, "u-adam") == "administrator"


def test_one_administrator_stays(managed: Managed) -> None:
    check_kept(managed)
    # Whose account is disabled administers nothing: as the only other one, and as the one who is the last.
    answer("user", "join", "gone@example.com", *MAKE)
    answer("user", "disable", "gone@example.com")
    check_kept(managed)
    answer("user", "disable", "adam@example.com")
    check_kept(managed)
    answer("user", "enable", "adam@example.com")
    # Sees less, and stays administrator.
    answer("user", "join", "adam@example.com", *MAKE, "--site", "c-a-s1")
    answer("user", "join", "ann@example.com", *MAKE)
    for verb, *more in ENDS:
        answer("user", "join", "adam@example.com", *MAKE)
        assert answer("user", verb, *ADAM, *more)["user_id"] == "u-adam"
        assert role_of(managed, "u-adam") == (None if verb == "leave" else "member")


def test_nobody_and_nowhere_are_named(managed: Managed) -> None:
    assert "there is no user nobody" in run("user", "leave", "nobody", "--customer", "c-a", code=1).output
    assert "there is no customer c-none" in run("user", "leave", "u-ann", "--customer", "c-none", code=1).output
