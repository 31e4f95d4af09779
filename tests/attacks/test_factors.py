"""Row 42: one-time codes guessed or replayed, and second factors gone around by any other way in."""

import threading

import httpx2

from hoistway.authn.passwords import Passwords
from hoistway.grants.new_password import replace_password
from hoistway.protocol.ids import UserId
from hoistway.store.db import Writer
from hoistway.store.one_time_codes import find_one_time_codes
from tests.factors import STEP, code_at, require, with_codes, wrong_at
from tests.flows.browser import Person, answer_of, hidden, pkce
from tests.portal.house import House
from tests.server import change
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
