"""The older system is away, throttles, is slow or says something odd: nobody hears "wrong", and nothing counts."""

from collections.abc import Iterator

import pytest

from tests.carrying.moving import ROPC, Moving, described, moving, took
from tests.carrying.old import Answer, answer, old_system, refused
from tests.engines import ENGINES, EngineName
from tests.world import PASSWORD

RIGHT = "Old-Password-1"
TROUBLES: dict[str, Answer] = {
    "503": (503, {"content-type": "text/html"}, b"<h1>Service unavailable</h1>"),
    "500 as JSON": answer(500, {"error": "server_error"}),
    "429": answer(429, {"error": "too_many_requests"}, **{"retry-after": "17"}),
    "90229": refused("90229", "The request was throttled."),
    "90244": refused("90244", "There are too many requests at this moment."),
    "90085": refused("90085", "The service has encountered an internal error.", error="server_error"),
    "90111": refused("90111", "Locked."),
    "90018": refused("90018", "The client id is not configured.", error="invalid_request"),
    "90224": refused("90224", "Resource owner flow is not enabled.", error="unauthorized_client"),
    "no JSON": (200, {"content-type": "application/json"}, b"\xff\xfe{"),
    "a list": answer(200, ["token"]),
    "deep": (200, {}, b"[" * 60_000),
    "no token": answer(200, {"token_type": "Bearer"}),
    "no account": answer(200, {"access_token": "opaque", "id_token": "a.b.c"}),
    "elsewhere": (302, {"location": "https://login.example.com/"}, b""),
    "huge": (200, {}, b" " * 70_000),
}


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest) -> Iterator[Moving]:
    with old_system() as old, moving(request.param, old) as moved:
        yield moved


@pytest.mark.parametrize("engine", ENGINES)
def test_no_trouble_is_a_wrong_password(engine: EngineName) -> None:
    for at in range(0, len(TROUBLES), 4):
        with old_system() as old, moving(engine, old) as here:
            for number, (name, said) in enumerate(list(TROUBLES.items())[at : at + 4]):
                here.accounts(f"unit-{number}")
                old.trouble = lambda _form, said=said: said  # type: ignore[misc]
                _unheard(here, f"unit-{number}", name)


def _unheard(here: Moving, account: str, name: str) -> None:
    for _ in range(2):
        reply = here.grant(account, RIGHT)
        assert reply.status_code == 503, (name, reply.text)
        assert 1 <= int(reply.headers["retry-after"]) <= 3600, name
        assert reply.json()["error"] == "temporarily_unavailable"
    assert here.row(account).refused == (), name
    assert here.row(account).state == "waiting"
    here.old.trouble = lambda _form: None
    here.clock.turn(120)
    assert here.grant(account, RIGHT).status_code == 200, name


def test_the_page_says_a_sentence(here: Moving) -> None:
    here.people("mia")
    here.old.trouble = lambda _form: TROUBLES["429"]
    reply = here.sign_in("mia@example.com", RIGHT)
    assert reply.status_code == 503
    assert int(reply.headers["retry-after"]) >= 17
    assert "the system in which it was set doesn’t answer" in reply.text
    german = here.sign_in("mia@example.com", RIGHT, lang="de")
    assert "weil das System nicht antwortet, in dem es gesetzt wurde" in german.text
    assert here.old.times()["mia@example.com"] == 1, "it said how long it wants to be left alone"


def test_what_it_did_not_judge_counts_for_nothing(here: Moving) -> None:
    here.accounts("pump", "lamp")
    here.old.trouble = lambda _form: TROUBLES["503"]
    for number in range(14):
        assert here.grant("pump", f"perhaps {number}").status_code == 503
    here.old.trouble = lambda _form: None
    here.clock.turn(120)
    assert described([here.grant("lamp", RIGHT)]) == ["token"]
    assert here.old.times()["pump"] <= 3, "one that may have been judged is one that arrived"


def test_a_name_that_leads_nowhere(here: Moving) -> None:
    here.accounts("pump")
    here.connect(endpoint="http://127.0.0.1:9/token")
    for number in range(5):
        assert here.grant("pump", f"perhaps {number}").status_code == 503
    assert here.row("pump").asked == (), "nothing arrived"
    here.connect()
    here.clock.turn(120)
    assert here.grant("pump", RIGHT).status_code == 200


def test_a_name_that_was_moved_here_lets_this_server_ask_itself_nothing(here: Moving) -> None:
    here.accounts("pump")
    here.connect(endpoint=f"{here.served.url}{ROPC}")
    assert here.grant("pump", RIGHT).status_code == 503
    assert here.row("pump").asked == ()
    assert here.old.times()["pump"] == 0
    here.connect()
    here.clock.turn(120)
    assert here.grant("pump", RIGHT).status_code == 200


def test_slowness_ends_and_holds_nobody_else(here: Moving) -> None:
    here.accounts("pump", "lamp")
    here.old.delay = 7
    seconds, reply = took(lambda: here.grant("pump", RIGHT))
    assert reply.status_code == 503
    assert 4 < seconds < 9
    assert here.grant("daemon-a", PASSWORD).status_code == 200
    here.old.delay = 0
    assert here.grant("lamp", RIGHT).status_code == 200
    assert here.grant("pump", RIGHT).status_code == 200


def test_a_breaker_leaves_it_alone_for_a_while(here: Moving) -> None:
    names = [f"unit-{number}" for number in range(6)]
    here.accounts(*names)
    here.old.trouble = lambda _form: TROUBLES["503"]
    assert {here.grant(name, RIGHT).status_code for name in names} == {503}
    assert len(here.old.asked) == 3
    here.clock.turn(6)
    here.grant(names[0], RIGHT)
    here.grant(names[1], RIGHT)
    assert len(here.old.asked) == 4, "one question tells whether it is back"
    here.old.trouble = lambda _form: None
    here.clock.turn(61)
    assert {here.grant(name, RIGHT).status_code for name in names} == {200}


def test_one_account_alone_opens_no_breaker(here: Moving) -> None:
    here.accounts("pump", "lamp")
    here.old.trouble = lambda form: TROUBLES["500 as JSON"] if form["username"] == "pump" else None
    for _ in range(8):
        assert here.grant("pump", "\U0001f4a5").status_code == 503
    assert here.grant("lamp", RIGHT).status_code == 200


def test_an_ended_connection_asks_nothing(here: Moving) -> None:
    here.accounts("pump")
    here.connect(ends_at=here.clock() + 60)
    here.clock.turn(60)
    reply = here.grant("pump", RIGHT)
    assert described([reply]) == ["400 AADB2C90225"]
    assert "a new one helps too" in reply.json()["error_description"]
    here.connect(stopped_at=here.clock())
    reply = here.grant("pump", RIGHT)
    assert described([reply]) == ["400 AADB2C90225"]
    assert "before the move" not in reply.json()["error_description"]
    assert here.old.asked == []
