"""hoistway user leave: a person's place in one customer ends, with what was given for it, over HTTP on both engines."""

from tests.attacks.asking import assert_refused_token, bearer, refresh, refusal
from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.cli.test_reset import read
from tests.flows.browser import Person

OFFLINE = "openid offline_access units.read"


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


def test_one_administrator_stays(managed: Managed) -> None:
    said = run("user", "leave", "adam@example.com", "--customer", "c-a", code=1).output
    assert "hoistway user join ID --customer ID --role administrator" in said
    answer("user", "join", "ann@example.com", "--customer", "c-a", "--role", "administrator")
    assert answer("user", "leave", "adam@example.com", "--customer", "c-a")["user_id"] == "u-adam"


def test_nobody_and_nowhere_are_named(managed: Managed) -> None:
    assert "there is no user nobody" in run("user", "leave", "nobody", "--customer", "c-a", code=1).output
    assert "there is no customer c-none" in run("user", "leave", "u-ann", "--customer", "c-none", code=1).output
