"""Row 42: one-time codes guessed or replayed, and second factors gone around by any other way in."""

import threading
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from hoistway.authn.passwords import Passwords
from hoistway.grants.new_password import replace_password
from hoistway.protocol.ids import UserId
from hoistway.store.db import Writer
from hoistway.store.one_time_codes import find_one_time_codes, use_step
from hoistway.store.used_forms import add_used_form
from hoistway.web.sealed import Holder, unseal
from hoistway.web.unfinished import Unfinished
from tests.attacks.overtaken import Room, Work, everything, room, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.factors import STEP, code_at, require, with_codes, wrong_at
from tests.flows.browser import Person, answer_of, hidden, pkce
from tests.flows.test_second_step import asked as requested
from tests.portal.house import House
from tests.server import Clock, change, populate, serving
from tests.store.test_schema import on
from tests.world import PASSWORD

ANN = UserId("u-ann")
SESSION, UNFINISHED = "hoistway_session", "hoistway_unfinished"


def asked(house: House, name: str = "ann", password: str = PASSWORD) -> tuple[Person, httpx2.Response]:
    """After the password, at whatever page it leads to."""
    person = Person(house.served)
    return person, person.sign_in(person.get("/sign-in", next="/portal"), name, password)


def said(person: Person, page: httpx2.Response, **fields: str) -> httpx2.Response:
    return person.http.post("/sign-in/second?next=/portal", data={"csrf": hidden(page.text, "csrf"), **fields})


def test_an_unfinished_sign_in_allows_five_guesses(house: House) -> None:
    """Row 42: the right code comes too late."""
    with_codes(house.served.database, "ann")
    person, page = asked(house)
    wrong = wrong_at(house.clock.at)
    for guess in range(5):
        assert said(person, page, code=f"{(int(wrong) + guess) % 10:06}").status_code == 400
    said(person, page, code=code_at(house.clock.at))
    assert SESSION not in person.http.cookies


def test_guesses_count_for_the_account_whatever_the_sign_ins_between(house: House) -> None:
    """Row 42: a known password forgives no wrong code, and the right one waits as well."""
    with_codes(house.served.database, "ann")
    answers: list[int] = []
    for _ in range(3):
        person, page = asked(house)
        for _ in range(4):
            code = f"{(int(wrong_at(house.clock.at)) + 1000 + len(answers)):06}"
            assert code not in {code_at(house.clock.at + STEP * shift) for shift in (-1, 0, 1)}
            answers.append(said(person, page, code=code).status_code)
    assert answers[:10] == [400] * 10
    assert answers[10:] == [429, 429]
    person, page = asked(house)
    reply = said(person, page, code=code_at(house.clock.at))
    assert reply.status_code == 429
    assert int(reply.headers["retry-after"]) > 0
    assert SESSION not in person.http.cookies


def test_a_code_is_good_once(house: House) -> None:
    """Row 42: for another sign-in, and for one at the same moment; later steps are good, earlier ones never again."""
    with_codes(house.served.database, "ann")
    code = code_at(house.clock.at)
    people = [asked(house) for _ in range(6)]
    replies: list[httpx2.Response] = []
    threads = [
        threading.Thread(target=lambda p=person, q=page: replies.append(said(p, q, code=code)))
        for person, page in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status_code for reply in replies) == [303, 400, 400, 400, 400, 400]
    person, page = asked(house)
    assert said(person, page, code=code_at(house.clock.at - STEP)).status_code == 400
    assert said(person, page, code=code_at(house.clock.at + STEP)).status_code == 303


def test_a_ticket_is_of_one_browser_and_one_use(house: House) -> None:
    """Row 42: stolen or kept, it opens nothing."""
    with_codes(house.served.database, "ann")
    person, page = asked(house)
    ticket = person.http.cookies[UNFINISHED]
    other = Person(house.served)
    shown = other.get("/sign-in")
    other.http.cookies.set(UNFINISHED, ticket)
    stolen = said(other, shown, code=code_at(house.clock.at))
    assert stolen.status_code == 400
    assert SESSION not in other.http.cookies
    assert said(person, page, code=code_at(house.clock.at)).status_code == 303
    before = person.http.cookies[SESSION]
    person.http.cookies.set(UNFINISHED, ticket)
    house.clock.turn(STEP)
    said(person, page, code=code_at(house.clock.at))
    assert person.http.cookies[SESSION] == before


def test_a_code_is_good_once_whichever_process_is_asked(house: House) -> None:
    """Row 42: two servers at one database share nothing else; each is asked for the same step at once."""
    with_codes(house.served.database, "ann")
    with serving(house.served.database, now=house.clock) as second:
        people = [asked(at) for at in (house, House(second, house.clock)) for _ in range(3)]
        code, gate = code_at(house.clock.at), threading.Barrier(len(people))
        replies: list[int] = []

        def answer(person: Person, page: httpx2.Response) -> None:
            gate.wait()
            replies.append(said(person, page, code=code).status_code)

        threads = [threading.Thread(target=answer, args=one) for one in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(replies) == [303, 400, 400, 400, 400, 400]


async def _at_the_second_step(here: Room) -> dict[str, str]:
    """The form of ann's second step, filled with a code that is right."""
    page = await here.http.get("/sign-in", params={"next": "/portal"})
    form = {"csrf": hidden(page.text, "csrf"), "username": "ann@example.com", "password": PASSWORD}
    reply = await here.http.post("/sign-in?next=/portal", data=form)
    page = await here.http.get(reply.headers["location"])
    return {"csrf": hidden(page.text, "csrf"), "code": code_at(here.engine.now())}


def _number(here: Room) -> str:
    text = here.http.cookies[UNFINISHED]
    held = Holder(here.http.cookies["hoistway_browser"], None)
    return unseal(here.engine.cookie_secret, text, Unfinished, held, here.engine.now(), 600).number


async def _spend_number(here: Room) -> Work:
    number = _number(here)
    return lambda tx: add_used_form(tx, number, ANN, "", here.engine.now())


async def _spend_step(here: Room) -> Work:
    step = here.engine.now() // STEP
    return lambda tx: use_step(tx, ANN, step + 1, here.engine.now())


@pytest.mark.parametrize("guard", [_spend_number, _spend_step])
def test_either_guard_of_the_second_step_is_enough_alone(
    engine_name: EngineName, guard: Callable[[Room], Awaitable[Work]]
) -> None:
    """Row 42: the number of the unfinished sign-in is good once, whatever code comes with it, and so is the code, whatever
    sign-in it comes with."""
    url = fresh_database(engine_name, populate)
    with_codes(url, "ann")

    async def work() -> None:
        async with room(url) as here:
            form = await _at_the_second_step(here)
            here.db.next = await guard(here)
            await here.http.post("/sign-in/second?next=/portal", data=form)
            assert not here.db.is_next()
            assert (await everything(here.other))["sessions"] == {}

    run(work)
    drop_database(url)


def _page_of(person: Person, **more: str) -> httpx2.Response:
    return person.authorize("spa", **requested(**more)[0])


def _answered(person: Person, page: httpx2.Response, **fields: str) -> httpx2.Response:
    form = {"csrf": hidden(page.text, "csrf"), "ticket": hidden(page.text, "ticket"), **fields}
    return person.follow(person.http.post("/sign-in/second", data=form))


def test_an_unfinished_sign_in_is_of_one_request(house: House) -> None:
    """Row 42: what was proven before an application asked anew is no answer to prompt=login, and neither is a code alone."""
    with_codes(house.served.database, "ann")
    person = Person(house.served)
    page = person.sign_in(_page_of(person, state="one"), "ann")
    assert page.url.path == "/sign-in/second"
    anew = _page_of(person, state="two", prompt="login")
    moved = _answered(person, anew, code=code_at(house.clock.at))
    assert 'name="password"' in moved.text
    assert SESSION not in person.http.cookies
    assert "code" in answer_of(_answered(person, page, code=code_at(house.clock.at)).headers["location"])
    before = person.http.cookies[SESSION]
    more = _page_of(person, state="three", acr_values="phr urn:hoistway:acr:mfa")
    assert "error" in answer_of(more.headers["location"]), "ann has no passkey"
    confirm = person.http.get("/account/factors/confirm")
    assert confirm.headers["location"] == "/sign-in/second?next=%2Faccount%2Ffactors"
    anew = _page_of(person, state="four", prompt="login")
    house.clock.turn(STEP)
    moved = _answered(person, anew, code=code_at(house.clock.at))
    assert 'name="password"' in moved.text
    assert person.http.cookies[SESSION] == before


def test_two_tabs_and_the_way_back(house: House) -> None:
    """Row 42: one code signs in, both tabs go on, and the page seen again begins nothing more."""
    with_codes(house.served.database, "ann")
    person = Person(house.served)
    first = person.sign_in(_page_of(person, state="one"), "ann")
    second = person.sign_in(_page_of(person, state="two"), "ann")
    # The later tab's sign-in is the one that is unfinished; the earlier one asks for the password again.
    assert 'name="password"' in _answered(person, first, code=code_at(house.clock.at)).text
    location = _answered(person, second, code=code_at(house.clock.at)).headers["location"]
    assert answer_of(location)["state"] == "two"
    session = person.http.cookies[SESSION]
    house.clock.turn(STEP)
    for page, state in ((first, "one"), (second, "two")):
        location = _answered(person, page, code=code_at(house.clock.at)).headers["location"]
        assert (answer_of(location)["state"], "code" in answer_of(location)) == (state, True)
    assert person.http.cookies[SESSION] == session


def test_guesses_from_elsewhere_keep_nobody_out_at_home(engine_name: EngineName) -> None:
    """Row 42: whoever knows the password and guesses codes is slowed down wherever they are, and the owner is not where they
    signed in before."""
    url, clock = fresh_database(engine_name, populate), Clock()
    with_codes(url, "ann")
    with serving(url, now=clock, trusted_proxies=1) as served:

        def from_place(address: str, code: str) -> int:
            person = Person(served)
            person.http.headers["x-forwarded-for"] = address
            page = person.sign_in(person.get("/sign-in", next="/portal"), "ann")
            return said(person, page, code=code).status_code

        assert from_place("198.51.100.7", code_at(clock.at)) == 303
        guesses = [
            from_place(f"203.0.{number}.7", f"{(int(wrong_at(clock.at)) + 1000 + number):06}") for number in range(12)
        ]
        assert guesses == [400] * 10 + [429] * 2
        clock.turn(STEP)
        assert from_place("203.0.99.7", code_at(clock.at)) == 429
        assert from_place("198.51.100.7", code_at(clock.at)) == 303
    drop_database(url)


def test_an_unfinished_sign_in_is_none_anywhere_else(house: House) -> None:
    """Row 42: no page, no code, no token by a password alone."""
    with_codes(house.served.database, "ann")
    person, page = asked(house)
    for path in ("/portal/applications", "/account/applications", "/account/factors", "/account/data"):
        assert person.get(path).headers["location"].startswith("/sign-in?next="), path
    _verifier, challenge = pkce()
    ask = {"scope": "openid", "code_challenge": challenge, "code_challenge_method": "S256"}
    silent = person.authorize("spa", prompt="none", **ask)
    assert answer_of(silent.headers["location"])["error"] == "login_required"
    page = person.authorize("spa", **ask)
    again = person.get("/interaction", ticket=hidden(page.text, "ticket"))
    assert 'name="password"' in again.text
    reply = person.http.post("/sign-in/enrol", data={"csrf": hidden(page.text, "csrf"), "code": "000000"})
    assert 'name="enrolment"' not in reply.text


def test_it_ends_after_ten_minutes(house: House) -> None:
    with_codes(house.served.database, "ann")
    person, page = asked(house)
    house.clock.turn(601)
    said(person, page, code=code_at(house.clock.at))
    assert SESSION not in person.http.cookies


def test_a_new_password_ends_it_and_leaves_the_factor(house: House) -> None:
    """Row 42: resetting the password is no way around, before or afterwards."""
    with_codes(house.served.database, "ann")
    person, page = asked(house)
    digest = Passwords(1).hash_now("another-good-password")
    house.clock.turn(5)

    async def reset(tx: Writer) -> None:
        await replace_password(tx, "user", ANN, digest, house.clock.at)

    change(house.served.database, reset)
    said(person, page, code=code_at(house.clock.at))
    assert SESSION not in person.http.cookies
    person, page = asked(house, password="another-good-password")
    assert page.url.path == "/sign-in/second"
    assert said(person, page, code=code_at(house.clock.at)).status_code == 303


def test_a_remembered_device_is_of_one_person_and_one_password(house: House) -> None:
    """Row 42: what spares the owner the code spares nobody else."""
    with_codes(house.served.database, "ann", "bob")
    person, page = asked(house)
    assert said(person, page, code=code_at(house.clock.at), remember="yes").status_code == 303
    device = person.http.cookies["hoistway_device"]

    def again(name: str, password: str = PASSWORD) -> str:
        other = Person(house.served)
        other.http.cookies.set("hoistway_device", device)
        return other.sign_in(other.get("/sign-in", next="/portal"), name, password).url.path

    assert again("ann") == "/portal"
    assert again("bob") == "/sign-in/second"
    house.clock.turn(30 * 86_400 + 1)
    assert again("ann") == "/sign-in/second"
    house.clock.turn(-86_400)
    assert again("ann") == "/portal"
    digest = Passwords(1).hash_now("another-good-password")

    async def reset(tx: Writer) -> None:
        await replace_password(tx, "user", ANN, digest, house.clock.at)

    change(house.served.database, reset)
    assert again("ann", "another-good-password") == "/sign-in/second"


def test_who_has_only_the_password_adds_no_factor_beside_the_owners(house: House) -> None:
    """Row 42: the ticket for enrolling is judged anew when the owner was faster."""
    require(house.served.database, "all")
    thief, page = asked(house)
    assert page.url.path == "/sign-in/enrol"
    secret = page.text.split('class="secret">')[1].split("<")[0].replace(" ", "")
    with_codes(house.served.database, "ann")
    before = on(house.served.database, lambda db: find_one_time_codes(db, ANN))
    form = {"enrolment": hidden(page.text, "enrolment"), "code": code_at(house.clock.at, secret)}
    thief.http.post("/sign-in/enrol", data={"csrf": hidden(page.text, "csrf"), **form})
    assert SESSION not in thief.http.cookies
    assert on(house.served.database, lambda db: find_one_time_codes(db, ANN)) == before
