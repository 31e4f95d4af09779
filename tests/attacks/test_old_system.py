"""Row 69: the older system as oracle or victim. Who attacks us learns nothing by it, and does not make us attack it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import httpx2
import pytest

from hoistway.authn.old_shares import SHARE
from hoistway.authn.old_system import STEPS, Pace
from hoistway.grants.new_password import replace_password
from hoistway.protocol.ids import UserId
from hoistway.store.service_accounts import set_service_account_disabled
from hoistway.store.users import set_user_disabled
from tests.attacks.test_accounts import plain
from tests.carrying.moving import Moving, described, id_of, moving
from tests.carrying.old import old_system, refused
from tests.engines import ENGINES, EngineName
from tests.world import DIGEST, PASSWORD

RIGHT = "Old-Password-1"


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest) -> Iterator[Moving]:
    with old_system() as old, moving(request.param, old) as moved:
        yield moved


def without(reply: httpx2.Response, name: str) -> str:
    """A refusal of the grant without what is random in it."""
    text = reply.text.replace(reply.headers["x-correlation-id"], "").replace(name, "")
    return f"{reply.status_code} {text.partition('Timestamp')[0]}"


def test_a_spray_does_not_lock_the_door_of_the_older_system(here: Moving) -> None:
    """It refuses everybody from the fortieth wrong password of our address on; another one's first use is not delayed either."""
    here.old.throttles_after, here.old.delay = 40, 0.3
    names = [f"unit-{number}" for number in range(60)]
    here.accounts(*names, "pump")
    here.people("mia")
    with ThreadPoolExecutor(8) as pool:
        spray = [pool.submit(here.grant, name, "Summer2024", address="198.51.100.9") for name in names]
        reply = here.grant("pump", RIGHT)
        assert reply.status_code == 200, reply.text
        assert not all(one.done() for one in spray), "the spray goes on meanwhile"
        assert here.sign_in("mia@example.com", RIGHT).status_code == 303
        answers = described([one.result() for one in spray])
    assert SHARE <= len(here.old.asked) - 2 <= SHARE + 8, "in a burst, at most those that were under way beside"
    assert set(answers) <= {"400 AADB2C90225", "400 AADB2C90114", "503 AADB2C90085"}
    assert here.grant("unit-7", RIGHT).status_code == 200


def test_its_lockout_is_not_ours_to_trigger(here: Moving) -> None:
    """Whatever is tried, in whatever order and at once, by the grant and on the page."""
    here.accounts("pump")
    here.people("mia")
    here.old.locks_after = 4
    with ThreadPoolExecutor(6) as pool:
        tried = [*range(9), *range(9)]
        list(pool.map(lambda number: here.grant("pump", f"{number}", address=f"192.0.2.{number + 1}"), tried))
        list(pool.map(lambda number: here.sign_in("mia@example.com", f"{number}", f"192.0.2.{number + 1}"), tried))
    for name in ("pump", "mia@example.com"):
        assert len(here.old.wrong[name]) <= 3
        assert here.old.times()[name] == len(here.old.wrong[name]), "repeats do not arrive"
        assert not here.old.is_locked(name)


def test_an_account_changed_here_is_not_asked_about(here: Moving) -> None:
    """Also where it changed while the question was under way: what was set here stays."""
    here.people("mia", "noa")
    here.accounts("pump")

    def reset(name: str) -> None:
        here.write(lambda tx: _replaced(tx, name))

    reset("mia")
    assert here.sign_in("mia@example.com", RIGHT).status_code == 400
    assert here.sign_in("mia@example.com", PASSWORD).status_code == 303
    assert here.old.times()["mia@example.com"] == 0
    here.old.delay = 1
    here.old.arrived.clear()
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(here.sign_in, "noa@example.com", RIGHT)
        assert here.old.arrived.wait(30)
        reset("noa")
        assert under_way.result().status_code == 400
    assert here.row("noa", "user").state == "reset"
    assert here.sign_in("noa@example.com", PASSWORD).status_code == 303
    assert here.sign_in("noa@example.com", RIGHT).status_code == 400
    assert here.old.times()["noa@example.com"] == 1


async def _replaced(tx: object, name: str) -> None:
    await replace_password(tx, "user", UserId(id_of(name)), DIGEST, 1_700_000_001)  # type: ignore[arg-type]


def test_an_answer_about_somebody_else_opens_nothing(here: Moving) -> None:
    """The name was given to another person after the export, or the older system is not whom it should be."""
    here.people("mia", "noa")
    here.old.people["mia@example.com"] = here.old.people["noa@example.com"]
    assert here.sign_in("mia@example.com", RIGHT).status_code == 400
    assert here.row("mia", "user").state == "failing"
    assert here.sign_in("noa@example.com", RIGHT).status_code == 303


def test_barred_accounts_are_not_asked_about(here: Moving) -> None:
    here.people("mia")
    here.accounts("pump")

    async def disable(tx: object) -> None:
        await set_user_disabled(tx, UserId(id_of("mia")), 1)  # type: ignore[arg-type]
        await set_service_account_disabled(tx, id_of("pump"), 1)  # type: ignore[arg-type]

    here.write(disable)
    assert here.sign_in("mia@example.com", RIGHT).status_code == 400
    assert described([here.grant("pump", RIGHT)]) == ["400 AADB2C90225"]
    assert here.old.asked == []


NAMES = ("waits-1", "waits-2", "daemon-a", "nobody-1", "nobody-2", "over")
"""Two that wait, one with a password here, two that nobody has, and one that was carried over."""


def test_nothing_tells_which_names_exist_or_wait(here: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words, status and time, of the first wrong password and of a repeated one, for grant and page. The time is not measured, for
    it is that of the machine: each refusal is held once until the same step, which the question is part of."""
    here.accounts("waits-1", "waits-2", "over")
    here.people("mia")
    assert here.grant("over", RIGHT).status_code == 200
    held, hold = list[float](), Pace.hold

    async def noted(self: Pace, begun: float) -> None:
        held.append(monotonic() - begun)
        await hold(self, begun)
        assert monotonic() - begun >= STEPS[0]

    monkeypatch.setattr(Pace, "hold", noted)
    for word in ("wrong", "wrong", "other"):
        replies = {name: here.grant(name, word) for name in NAMES}
        assert len({without(reply, name) for name, reply in replies.items()}) == 1
        assert {reply.status_code for reply in replies.values()} == {400}
    assert len(held) == 3 * len(NAMES)
    people = ("mia@example.com", "ann@example.com", "nobody@example.com")
    pages = {name: here.sign_in(name, "wrong") for name in people}
    assert {reply.status_code for reply in pages.values()} == {400}
    assert len({plain(reply, name) for name, reply in pages.items()}) == 1
    assert "resetting it helps too" in pages["ann@example.com"].text
    assert len(held) == 3 * len(NAMES) + len(people)


def test_nor_while_it_is_away(here: Moving) -> None:
    """All names are answered 503; who has a password here signs in."""
    here.accounts("waits-1", "waits-2", "over")
    assert here.grant("over", RIGHT).status_code == 200
    here.old.trouble = lambda _form: refused("90244", status=429, **{"retry-after": "300"})
    assert here.grant("waits-1", "wrong").status_code == 503
    replies = {name: here.grant(name, "wrong") for name in NAMES}
    assert len({without(reply, name) for name, reply in replies.items()}) == 1
    assert {reply.status_code for reply in replies.values()} == {503}
    assert {reply.headers["retry-after"] for reply in replies.values()} == {"300"}
    assert here.grant("over", RIGHT).status_code == 200
    assert here.grant("daemon-a", PASSWORD).status_code == 200


def test_an_outage_allows_no_free_guesses_here(here: Moving) -> None:
    """Accounts that have their password here lock as always."""
    here.accounts("waits-1")
    here.old.trouble = lambda _form: refused("90244", status=429, **{"retry-after": "3000"})
    here.grant("waits-1", "wrong")
    codes = described([here.grant("daemon-a", f"guess {number}") for number in range(11)])
    assert codes == [*["503 AADB2C90085"] * 10, "400 AADB2C90114"]


def test_passwords_and_tokens_are_in_no_log(engine_name: EngineName, capfd: pytest.CaptureFixture[str]) -> None:
    """Nor are they where the older system says them."""
    with old_system() as old, moving(engine_name, old) as here:
        here.accounts("pump", "lamp", password="Sesame-Street-99")
        here.grant("pump", "Sesame-Street-98")
        here.grant("pump", "Sesame-Street-99")
        here.old.trouble = lambda form: refused("90018", f"Bad password {form['password']}.", error="invalid_request")
        here.grant("lamp", "Sesame-Street-99")
    captured = capfd.readouterr()
    assert '"refused"' in captured.out + captured.err
    assert "Sesame" not in captured.out + captured.err
    assert "eyJ" not in captured.out + captured.err
