"""Row 65: passkeys of another origin, user or ceremony, copied ones, and those that verify nobody."""

from collections.abc import Iterator
from dataclasses import replace

import cbor2
import httpx2
import pytest

from hoistway.measures import NamedCounts
from hoistway.protocol.ids import UserId
from hoistway.store.handed_over import put_handed_over
from hoistway.store.passkeys import passkeys_of
from hoistway.store.users import set_user_disabled
from tests.authenticator import ELIGIBLE, PRESENT, Authenticator, options_on
from tests.engines import EngineName, drop_database, fresh_database
from tests.factors import require
from tests.flows.browser import Person, hidden
from tests.links.posting import choose
from tests.portal.house import House
from tests.server import Clock, change, populate, serving
from tests.store.test_schema import on
from tests.world import NOW

SESSION, EVIL = "hoistway_session", "https://evil.example"


@pytest.fixture
def named(engine_name: EngineName) -> Iterator[House]:
    """At a name, for browsers make no passkeys of addresses."""
    url, clock = fresh_database(engine_name, populate), Clock()
    with serving(url, now=clock, host="localhost") as served:
        yield House(served, clock)
    drop_database(url)


def enrolled(house: House, name: str = "ann") -> Authenticator:
    """A person who must have a factor makes a passkey at the first sign-in."""
    require(house.served.database, "all")
    person, key = Person(house.served), Authenticator(house.served.url)
    page = person.sign_in(person.get("/sign-in", next="/portal"), name)
    assert page.url.path == "/sign-in/enrol"
    form = options_on(page.text)
    answer = key.make(form.pop("options"))
    reply = person.http.post("/sign-in/enrol?next=/portal", data={**form, "credential": answer})
    assert reply.status_code == 200, reply.text
    assert "recovery" in reply.text
    assert person.get("/portal/applications").status_code == 200
    return key


def alone(house: House, key: Authenticator, person: Person | None = None, **changed: str) -> httpx2.Response:
    """Signs in with the passkey and nothing else."""
    person = person or Person(house.served)
    form = options_on(person.get("/sign-in", next="/portal").text)
    answer = key.sign(form.pop("options"))
    return person.http.post("/sign-in/passkey?next=/portal", data={**form, "credential": answer, **changed})


def second(house: House, key: Authenticator, name: str = "ann") -> httpx2.Response:
    """After the password."""
    person = Person(house.served)
    page = person.sign_in(person.get("/sign-in", next="/portal"), name)
    assert page.url.path == "/sign-in/second", page.text
    form = options_on(page.text)
    answer = key.sign(form.pop("options"))
    return person.http.post("/sign-in/second?next=/portal", data={**form, "credential": answer})


def test_a_passkey_signs_in_without_a_password_and_after_one(named: House) -> None:
    """What the attacks below are measured by."""
    key = enrolled(named)
    for sign_in in (alone, second):
        reply = sign_in(named, key)
        assert (reply.status_code, reply.headers.get("location")) == (303, "/portal"), reply.text
        assert SESSION in reply.cookies
    details = [detail["amr"] for _actor, _customer, detail in named.entries("sign_in.succeeded")]
    assert details == ["pwd hwk user mfa", "hwk user mfa", "pwd hwk user mfa"]


def test_sign_ins_with_a_passkey_are_counted(named: House, monkeypatch: pytest.MonkeyPatch) -> None:
    key, counted = enrolled(named), list[tuple[str, ...]]()
    monkeypatch.setattr(NamedCounts, "add", lambda _counts, *names: counted.append(names))
    alone(named, key)
    alone(named, replace(key, origin="https://evil.example"))
    assert [names[1] for names in counted if names[0] == "passkey"] == ["succeeded", "wrong"]


def test_one_of_another_origin_is_refused(named: House) -> None:
    key = enrolled(named)
    for origin in ("https://evil.example", named.served.url.replace("localhost", "localhost.evil.example"), "null"):
        for sign_in in (alone, second):
            reply = sign_in(named, replace(key, origin=origin))
            assert reply.status_code == 400
            assert SESSION not in reply.cookies


def test_nobody_locks_the_owner_of_a_passkey_out(named: House) -> None:
    """Row 65: whoever knows a passkey's id and answers for it with any signature, as often as they like, is slowed down; its
    owner is not, at the same address neither."""
    key = enrolled(named)
    statuses = [alone(named, replace(key, origin=EVIL)).status_code for _ in range(55)]
    assert statuses[:50] == [400] * 50
    assert set(statuses[51:]) == {429}
    key.count += 100
    assert alone(named, key).status_code == 303


def test_one_that_verifies_nobody_needs_a_password(named: House) -> None:
    key = replace(enrolled(named), flags=PRESENT)
    reply = alone(named, key)
    assert reply.status_code == 400
    assert SESSION not in reply.cookies
    key.count += 1
    assert second(named, key).status_code == 303


def test_one_is_no_way_around_a_password_that_was_handed_over(named: House) -> None:
    """Row 65: whoever handed it over knows it until its owner has replaced it."""
    key, person = enrolled(named), Person(named.served)
    change(named.served.database, lambda tx: put_handed_over(tx, UserId("u-ann"), NOW))
    first, again = (alone(named, key, person).headers["location"] for _ in range(2))
    assert first.startswith("/reset/new?link=")
    assert SESSION not in person.http.cookies
    assert person.http.get(first).status_code == 410, "the later link is the only one"
    assert choose(person, again).status_code == 200
    assert SESSION not in person.http.cookies
    assert alone(named, key, person).headers["location"] == "/portal"


def test_one_of_another_person_is_no_second_factor(named: House) -> None:
    mine = enrolled(named)
    enrolled(named, "both")
    assert second(named, mine, "both").status_code == 400
    assert second(named, mine).status_code == 303


def test_a_signature_of_another_key_is_refused(named: House) -> None:
    key = enrolled(named)
    reply = alone(named, replace(Authenticator(named.served.url, count=9), id=key.id, user=key.user))
    assert reply.status_code == 400


def test_an_answer_is_good_for_its_ceremony_once_and_in_its_browser(named: House) -> None:
    key = enrolled(named)
    person = Person(named.served)
    form = options_on(person.get("/sign-in", next="/portal").text)
    answer = key.sign(form.pop("options"))
    other = Person(named.served)
    page = other.get("/sign-in", next="/portal")
    stolen = {**form, "csrf": hidden(page.text, "csrf"), "credential": answer}
    assert other.http.post("/sign-in/passkey?next=/portal", data=stolen).status_code == 400
    mixed = {**options_on(page.text), "credential": answer}
    assert other.http.post("/sign-in/passkey?next=/portal", data=mixed).status_code == 400
    assert person.http.post("/sign-in/passkey?next=/portal", data={**form, "credential": answer}).status_code == 303
    key.count += 1
    again = Person(named.served)
    again.http.cookies.set("hoistway_browser", person.http.cookies["hoistway_browser"])
    replayed = again.http.post("/sign-in/passkey?next=/portal", data={**form, "credential": answer})
    assert replayed.status_code == 400
    assert SESSION not in again.http.cookies


def test_a_copy_whose_counter_is_behind_is_refused(named: House) -> None:
    key = enrolled(named)
    copy = replace(key)
    assert alone(named, key).status_code == 303
    assert alone(named, key).status_code == 303
    assert alone(named, copy).status_code == 400


def test_whether_a_key_may_be_copied_is_settled_when_it_is_made(named: House) -> None:
    """Row 65: section 7.2, step 20."""
    key = enrolled(named)
    key.flags |= ELIGIBLE
    assert alone(named, key).status_code == 400
    key.flags &= ~ELIGIBLE
    assert alone(named, key).status_code == 303


def test_a_disabled_person_and_odd_answers_get_nothing(named: House) -> None:
    key = enrolled(named)
    for odd in ("", "{}", "[]", "null", '{"id": 1}', "x" * 30_000, '{"id": "AA", "rawId": "AA", "response": []}'):
        reply = alone(named, key, credential=odd)
        assert reply.status_code == 400, odd
        assert SESSION not in reply.cookies

    async def disable(tx: object) -> None:
        await set_user_disabled(tx, UserId("u-ann"), named.clock.at)  # type: ignore[arg-type]

    change(named.served.database, disable)
    assert alone(named, key).status_code == 400


def test_a_credential_is_registered_once(named: House) -> None:
    """Nobody can register another's as their own."""
    key = enrolled(named)
    person = Person(named.served)
    page = person.sign_in(person.get("/sign-in"), "both")
    form = options_on(page.text)
    reply = person.http.post("/sign-in/enrol", data={**form, "credential": key.make(form.pop("options"))})
    assert reply.status_code == 400
    assert [row.user_id for row in on(named.served.database, lambda db: passkeys_of(db, UserId("u-ann")))] == ["u-ann"]
    assert on(named.served.database, lambda db: passkeys_of(db, UserId("u-both"))) == []


def refused(house: House, key: Authenticator, **answer: str) -> str:
    """Registering at the first sign-in; the page, on which nothing was added."""
    require(house.served.database, "all")
    person = Person(house.served)
    form = options_on(person.sign_in(person.get("/sign-in", next="/portal"), "ann").text)
    credential = answer.get("credential") or key.make(form.pop("options"))
    form.pop("options", None)
    reply = person.http.post("/sign-in/enrol?next=/portal", data={**form, "credential": credential})
    assert on(house.served.database, lambda db: passkeys_of(db, UserId("u-ann"))) == []
    return reply.text


KEYS: dict[str, object] = {
    "off the curve": {1: 2, 3: -7, -1: 1, -2: b"\x01" * 32, -3: b"\x02" * 32},
    "of another curve": {1: 2, 3: -7, -1: 2, -2: b"\x01" * 48, -3: b"\x02" * 48},
    "a number for a coordinate": {1: 2, 3: -7, -1: 1, -2: 7, -3: b"\x02" * 32},
    "too short for EdDSA": {1: 1, 3: -8, -1: 6, -2: b"\x01" * 31},
    "no RSA": {1: 3, 3: -257, -1: b"\x01", -2: b"\x01"},
    "even": {1: 3, 3: -257, -1: b"\xff" * 255 + b"\xfe", -2: b"\x01\x00\x01"},
    "long RSA": {1: 3, 3: -257, -1: b"\xff" * 5_000, -2: b"\x01\x00\x01"},
    "no map": [1],
    "a text": b"x",
    "an algorithm of another kind": {1: 3, 3: -7, -1: b"\xff" * 256, -2: b"\x01\x00\x01"},
    "of Ed25519, zero": {1: 1, 3: -8, -1: 6, -2: bytes(32)},
    "of Ed25519, of small order": {1: 1, 3: -8, -1: 6, -2: b"\x01" + bytes(31)},
    "short RSA": {1: 3, 3: -257, -1: b"\xff" * 128, -2: b"\x01\x00\x01"},
}


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_that_can_never_sign_is_not_taken(named: House, kind: str) -> None:
    """It would be found out when it is the only way in."""
    key = Authenticator(named.served.url, public_key=cbor2.dumps(KEYS[kind]))
    assert "recovery" not in refused(named, key)


@pytest.mark.parametrize("statement", [{"x": 1}, {"sig": b"x"}, {"alg": -7, "sig": b"x", "x5c": [b"x"]}])
def test_a_statement_where_none_was_promised(named: House, statement: dict[str, object]) -> None:
    """Section 8.7: with the format none, the statement is an empty map."""
    assert "recovery" not in refused(named, Authenticator(named.served.url, statement=statement))


@pytest.mark.parametrize("more", [{"crossOrigin": True}, {"topOrigin": EVIL}, {"crossOrigin": True, "topOrigin": EVIL}])
def test_a_ceremony_in_a_frame_of_another_origin(named: House, more: dict[str, object]) -> None:
    """Sections 7.1 and 7.2: our pages are in no frame."""
    key = enrolled(named)
    key.client_data = more
    for sign_in in (alone, second):
        assert sign_in(named, key).status_code == 400
    key.client_data = {}
    assert alone(named, key).status_code == 303


def test_a_passkey_that_does_not_say_whose_it_is(named: House) -> None:
    """Section 7.2, step 6: without a password, it must."""
    key = enrolled(named)
    key.user = None
    assert alone(named, key).status_code == 400
    assert second(named, key).status_code == 303
