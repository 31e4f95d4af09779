"""On an account's page: locks, failures and the last sign-in; and unlocking, at the console and the command line."""

import re
from collections.abc import Iterator

import pytest

from tests.cli.running import answer, manage, run
from tests.console.two import careful_server, choose_role, trail
from tests.engines import ENGINES
from tests.flows.browser import Person
from tests.portal.asking import operator, said
from tests.portal.signing_in import Visitor
from tests.server import Served
from tests.world import PASSWORD


@pytest.fixture(scope="module", params=ENGINES)
def plain(request: pytest.FixtureRequest) -> Iterator[Served]:
    with careful_server(request.param, two=False) as server:
        yield server


def sign_in(served: Served, name: str, password: str) -> int:
    one = Visitor(served.url)
    one.get("/sign-in?next=/portal")
    return int(one.post("/sign-in?next=/portal", username=f"{name}@example.com", password=password).status_code)


def lock(served: Served, name: str) -> None:
    """Guesses until a right password is refused."""
    for number in range(10):
        sign_in(served, name, f"wrong-{number}")
    assert sign_in(served, name, PASSWORD) == 429


def shown(page: str) -> str:
    found = re.search(r'<section aria-labelledby="sign-ins">(.*?)</section>', page, re.DOTALL)
    assert found is not None
    return said(found[1])


def test_locks_and_failures_stand_on_the_page_and_an_operator_ends_them(plain: Served) -> None:
    olga = operator(plain)
    olga.get("/console/users/u-few")
    assert "Not locked" in shown(olga.page)
    assert "None is known" in shown(olga.page)
    assert sign_in(plain, "few", PASSWORD) == 303
    lock(plain, "few")
    olga.get("/console/users/u-few")
    words = shown(olga.page)
    assert re.search(r"Locked (at some places )?until \d{4}-", words), words
    assert "Wrong passwords in 24 hours 10, the last one" in words
    assert re.search(r"Last sign-in \d{4}-", words), words
    assert olga.post("/console/users/u-few", do="unlock").headers["location"].endswith("notice_unlocked")
    assert "Not locked" in shown(olga.get("/console/users/u-few").text)
    assert sign_in(plain, "few", PASSWORD) == 303
    who, detail = trail(plain, "user.unlocked")[0]
    assert (who, detail["id"], detail["failures"]) == ("u-olga", "u-few", 10)


def test_an_account_that_is_locked_everywhere(plain: Served) -> None:
    """Where its owner never signed in."""
    lock(plain, "gone")
    olga = operator(plain)
    olga.get("/console/users/u-gone")
    assert "Locked until" in shown(olga.page)


def test_a_technical_account_is_unlocked_at_the_command_line(plain: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    token = {
        "grant_type": "password",
        "client_id": "ropc",
        "username": "daemon-a",
        "scope": "units.read offline_access",
    }
    person = Person(plain)

    def status(password: str) -> int:
        return int(person.http.post("/oauth2/token", data={**token, "password": password}).status_code)

    assert status(PASSWORD) == 200
    for number in range(10):
        status(f"wrong-{number}")
    assert status(PASSWORD) == 400
    olga = operator(plain)
    olga.get("/console/accounts/sa-a")
    assert "until" in shown(olga.page)
    assert re.search(r"Last sign-in \d{4}-", shown(olga.page))
    manage(monkeypatch, plain)
    assert answer("service-account", "unlock", "sa-a")["before"]["failures"] == 10
    assert status(PASSWORD) == 200
    assert trail(plain, "service_account.unlocked")[0][1]["id"] == "sa-a"
    run("user", "unlock", "u-nobody", code=1)
    assert answer("user", "unlock", "u-ann")["before"] == {"failures": 0, "locked_until": None}


def test_support_sees_it_and_unlocks_nothing(plain: Served) -> None:
    sign_in(plain, "bob", "wrong")
    assert choose_role(operator(plain), "both", "support").status_code == 303
    support = Visitor(plain.url)
    support.get("/sign-in?next=/console")
    support.post("/sign-in?next=/console", username="both@example.com", password=PASSWORD)
    support.get("/console/users/u-bob")
    assert "Wrong passwords in 24 hours 1" in shown(support.page)
    assert 'value="unlock"' not in support.page
    refused = support.http.post("/console/users/u-bob", data={"csrf": support.csrf, "do": "unlock"})
    assert refused.status_code == 403
