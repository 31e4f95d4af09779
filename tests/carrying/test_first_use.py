"""At its first use a password is proven once at the older system, and here from then on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.carrying.moving import Moving, described, moving
from tests.carrying.old import CLIENT, SCOPE, answer, old_system, token_of
from tests.engines import ENGINES
from tests.flows.test_daemon import claims
from tests.world import PASSWORD, TENANT_NAME

RIGHT = "Old-Password-1"


@pytest.fixture(scope="module", params=ENGINES)
def here(request: pytest.FixtureRequest) -> Iterator[Moving]:
    with old_system() as old, moving(request.param, old) as moved:
        yield moved


def test_a_technical_account_is_asked_once(here: Moving) -> None:
    here.accounts("pump")
    first = here.grant("pump", RIGHT)
    assert first.status_code == 200, first.text
    assert here.old.asked[-1] == {
        "grant_type": "password", "client_id": CLIENT, "scope": SCOPE, "username": "pump", "password": RIGHT,
        "response_type": "token id_token",
    }  # fmt: skip
    assert here.row("pump").state == "carried"
    assert described([here.grant("pump", RIGHT), here.grant("pump", RIGHT, "/oauth2/token")]) == ["token", "token"]
    assert here.grant("pump", "another").status_code == 400
    assert here.old.times()["pump"] == 1, "what was carried is judged here alone"


def test_a_person_is_asked_once(here: Moving) -> None:
    here.people("mia")
    assert here.sign_in("mia@example.com", RIGHT).status_code == 303
    assert here.row("mia", "user").state == "carried"
    assert here.sign_in("mia@example.com", RIGHT).status_code == 303
    assert here.old.times()["mia@example.com"] == 1


def test_two_at_once_ask_once(here: Moving) -> None:
    here.accounts("twin")
    here.old.delay = 0.3
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: here.grant("twin", RIGHT), range(4)))
    here.old.delay = 0.0
    assert described(replies) == ["token"] * 4
    assert here.old.times()["twin"] == 1


def test_a_wrong_one_is_counted_here_and_never_asked_again(here: Moving) -> None:
    here.accounts("lamp")
    for _ in range(3):
        reply = here.grant("lamp", "wrong")
        assert (reply.status_code, reply.json()["error"]) == (400, "access_denied")
        assert reply.json()["error_description"].startswith("AADB2C90225: ")
        assert "a new one helps too" in reply.json()["error_description"]
    assert here.old.times()["lamp"] == 1
    assert here.row("lamp").state == "failing"
    assert here.grant("lamp", RIGHT).status_code == 200


def test_at_most_so_many_different_ones_arrive(here: Moving) -> None:
    here.accounts("door")
    here.old.locks_after = 4
    for number in range(6):
        assert here.grant("door", f"wrong {number}").status_code == 400
    assert here.old.times()["door"] == 3
    assert not here.old.is_locked("door")
    assert here.grant("door", RIGHT).status_code == 400, "nothing more is asked: a new password helps"
    here.old.locks_after = 10**6
    assert here.old.times()["door"] == 3


def test_the_token_must_be_of_the_imported_account(here: Moving) -> None:
    here.accounts("crane", "winch")
    here.old.people["crane"] = (RIGHT, here.old.people["winch"][1])
    assert described([here.grant("crane", RIGHT)]) == ["400 AADB2C90225"]
    assert here.row("crane").state == "failing"


def test_where_sub_is_a_sentence_oid_counts_and_else_sub(here: Moving) -> None:
    here.accounts("valve", "shaft")
    own = here.old.people
    here.old.trouble = lambda form: answer(
        200, {"access_token": "opaque", "id_token": token_of(sub=own[form["username"]][1].upper())}
    )
    assert described([here.grant("valve", RIGHT)]) == ["token"]
    here.old.trouble = lambda _form: answer(200, {"access_token": token_of(sub="Not supported currently.")})
    assert described([here.grant("shaft", RIGHT)]) == ["400 AADB2C90225"]
    here.old.trouble = lambda _form: None


def test_old_rules_for_passwords_do_not_matter(here: Moving) -> None:
    here.accounts("fan", password="x")
    here.people("weak", password="1")
    assert described([here.grant("fan", "x"), here.grant("fan", "x")]) == ["token", "token"]
    assert here.sign_in("weak@example.com", "1").status_code == 303


def test_accounts_with_a_password_here_are_not_asked_about(here: Moving) -> None:
    before = len(here.old.asked)
    assert here.grant("daemon-a", PASSWORD).status_code == 200
    assert here.grant("daemon-a", "wrong").status_code == 400
    assert here.sign_in("ann@example.com", PASSWORD).status_code == 303
    assert here.sign_in("ann@example.com", "wrong").status_code == 400
    assert here.sign_in("nobody@example.com", "wrong").status_code == 400
    assert len(here.old.asked) == before


def test_the_token_of_the_first_use_is_that_of_any(here: Moving) -> None:
    here.accounts("belt")
    first, second = (here.grant("belt", RIGHT, f"/tfp/{TENANT_NAME}/b2c_1_ropc/oauth2/v2.0/token") for _ in range(2))
    kept = [
        {
            name: value
            for name, value in claims(one.json()["access_token"]).items()
            if name not in {"iat", "exp", "nbf", "jti", "grant_id"}
        }
        for one in (first, second)
    ]
    assert kept[0] == kept[1]
