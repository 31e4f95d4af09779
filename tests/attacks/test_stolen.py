"""Row 78: whoever copied the database has no secret, and nothing in it is accepted in the place of one (docs/security.md)."""

import base64
import json
from collections.abc import Awaitable, Callable, Iterator
from itertools import count

import httpx2
import pyotp
import pytest

from tests.attacks.asking import part
from tests.attacks.overtaken import BASE, Room, everything, room, run
from tests.attacks.stolen import Kept, dump_of, fill, spellings
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import hidden
from tests.server import populate
from tests.world import CALLBACK, PASSWORD

Story = Callable[[Room, Kept], Awaitable[None]]
Tell = Callable[[Story], None]
_numbers = count(1)


@pytest.fixture
def tell(engine_name: EngineName) -> Iterator[Tell]:
    """Runs a story in a filled world."""
    url = fresh_database(engine_name, populate)

    def told(story: Story) -> None:
        async def work() -> None:
            async with room(url, trusted_proxies=1) as here:
                await story(here, await fill(here))

        run(work)

    yield told
    drop_database(url)


def test_no_secret_stands_in_a_dump(tell: Tell) -> None:
    """Row 78: as itself, in hexadecimal or in base64; of mail that waits, too. What a dump does hold is found in the same way."""

    async def story(here: Room, kept: Kept) -> None:
        dump = dump_of(here.engine.settings.database)
        world = await everything(here.other)
        (session,) = world["sessions"]
        assert any(word in dump for word in spellings(session[0])), "digests are there"
        assert b"guest-of-a@example.com" in dump, "names and addresses are"
        assert b"/invitation?link=" in dump
        names = set(kept.secrets)
        assert {"reset", "invitation", "session", "code", "refresh token", "shared secret cookie"} <= names
        found = {name for name in names if any(word in dump for word in spellings(kept.secrets[name]))}
        assert found == set()

    tell(story)


def _from() -> dict[str, str]:
    """Each caller comes from elsewhere, so that none is refused for its number."""
    number = next(_numbers)
    return {"x-forwarded-for": f"203.0.{number // 250}.{number % 250}", "origin": BASE}


async def _token(here: Room, **form: str) -> httpx2.Response:
    return await here.http.post("/oauth2/token", data=form, headers=_from())


async def _session(here: Room, _kept: Kept, value: str) -> bool:
    reply = await here.http.get("/account/data", headers={**_from(), "cookie": f"hoistway_session={value}"})
    assert reply.status_code in {200, 303}
    return reply.status_code == 200


async def _code(here: Room, kept: Kept, value: str) -> bool:
    reply = await _token(
        here, grant_type="authorization_code", code=value, redirect_uri=CALLBACK, client_id="spa", code_verifier=kept.verifier
    )  # fmt: skip
    assert reply.status_code in {200, 400}
    return reply.status_code == 200


async def _refresh(here: Room, kept: Kept, value: str) -> bool:
    """Also as the last part of a token whose first parts are the thief's to see."""
    family, generation, _mac = kept["refresh token"].split(".")
    for token in (value, f"{family}.{generation}.{value}"):
        reply = await _token(here, grant_type="refresh_token", client_id="ropc", refresh_token=token)
        assert reply.status_code in {200, 400}
        if reply.status_code == 200:
            return True
    return False


def _link(path: str) -> "Door":
    async def opens(here: Room, _kept: Kept, value: str) -> bool:
        reply = await here.http.get(path, params={"link": value}, headers=_from())
        assert reply.status_code in {200, 410}
        return reply.status_code == 200

    return opens


def _bearer(path: str) -> "Door":
    async def opens(here: Room, kept: Kept, value: str) -> bool:
        header, claims, _signature = kept["access token"].split(".")
        forged = json.loads(base64.urlsafe_b64decode(header + "==")) | {"alg": "HS256"}
        for token in (value, f"{part(forged)}.{claims}.{value}"):
            headers = {"authorization": f"Bearer {token}", "Ocp-Apim-Subscription-Key": kept["subscription key"]}
            reply = await here.http.get(path, headers={**_from(), **headers})
            assert reply.status_code in {200, 401}
            if reply.status_code == 200:
                return True
        return False

    return opens


async def _key(here: Room, kept: Kept, value: str) -> bool:
    headers = {"authorization": f"Bearer {kept['access token']}", "Ocp-Apim-Subscription-Key": value, **_from()}
    reply = await here.http.get("/api/v1/units?limit=1", headers=headers)
    assert reply.status_code in {200, 401}
    return reply.status_code == 200


async def _client(here: Room, _kept: Kept, value: str) -> bool:
    reply = await _token(
        here, grant_type="client_credentials", client_id="daemon", client_secret=value, scope="units.read"
    )
    assert reply.status_code in {200, 401}
    return reply.status_code == 200


Door = Callable[[Room, Kept, str], Awaitable[bool]]
DOORS: dict[str, tuple[Door, str]] = {
    "session": (_session, "session"),
    "reset": (_link("/reset/new"), "reset"),
    "invitation": (_link("/invitation"), "invitation"),
    "scim": (_bearer("/scim/v2/c-a/Users"), "SCIM token"),
    "token": (_bearer("/api/v1/me"), "access token"),
    "key": (_key, "subscription key"),
    "client": (_client, "client secret"),
    "second secret": (_client, "second client secret"),
    "refresh": (_refresh, "refresh token"),
    "code": (_code, "code"),
}


async def stored(here: Room) -> set[str]:
    """Whatever the database holds as bytes, as text that a request can carry."""
    rows = [row for rows in (await everything(here.other)).values() for row in rows.items()]
    found = {value for key, row in rows for value in (*key, *row) if isinstance(value, bytes) and value}
    assert len(found) > 30
    # What is long is sealed: its first letters are as good as all of them.
    return {spelled for one in found for spelled in (one.hex(), part(one)) if len(spelled) < 200}


@pytest.mark.parametrize("door", DOORS)
def test_what_a_dump_holds_opens_nothing(tell: Tell, door: str) -> None:
    """Row 78: every digest and every sealed value, presented as the secret; and then the secret, which opens."""
    opens, name = DOORS[door]

    async def story(here: Room, kept: Kept) -> None:
        here.http.cookies.clear()
        for value in sorted(await stored(here)):
            assert not await opens(here, kept, value), value
        assert await opens(here, kept, kept[name])

    tell(story)


async def _proven(here: Room, password: str, device: str = "", **proof: str) -> bool:
    """True where a sign-in with the password, the remembered device or what else proves began a session."""
    here.http.cookies.clear()
    if device:
        here.http.cookies.set("hoistway_device", device)
    page = await here.http.get("/sign-in", params={"next": "/portal"})
    form = {"csrf": hidden(page.text, "csrf"), "username": "both@example.com", "password": password}
    reply = await here.http.post("/sign-in?next=/portal", data=form, headers=_from())
    assert reply.status_code in {303, 400}
    if reply.status_code == 303 and proof:
        page = await here.http.get(reply.headers["location"])
        form = {"csrf": hidden(page.text, "csrf"), **proof}
        reply = await here.http.post("/sign-in/second?next=/portal", data=form, headers=_from())
        assert reply.status_code in {303, 400}
    return "hoistway_session" in here.http.cookies


def test_nobody_signs_in_with_what_a_dump_holds(tell: Tell) -> None:
    """Row 78: neither with the digest of the password, nor with a known password and what is stored of second factors."""

    async def story(here: Room, kept: Kept) -> None:
        world = await everything(here.other)
        people = {row[0]: row for row in world["users"].values()}
        (digest,) = (value for value in people["u-both"] if isinstance(value, str) and value.startswith("$argon2"))
        (device,) = (key[0] for key in world["remembered_devices"])
        (sealed,) = (value for row in world["one_time_codes"].values() for value in row if isinstance(value, bytes))
        code = next(iter(world["recovery_codes"]))[0]
        assert not await _proven(here, digest)
        assert not await _proven(here, digest.rpartition("$")[2])
        assert not await _proven(here, PASSWORD, part(device))
        guessed = pyotp.TOTP(base64.b32encode(sealed).decode().rstrip("=")).at(here.engine.now())
        assert not await _proven(here, PASSWORD, code=guessed)
        for given in (code.hex(), part(code)):
            assert not await _proven(here, PASSWORD, recovery=given)
        assert await _proven(here, PASSWORD, kept["remembered device"])
        assert await _proven(here, PASSWORD, recovery=kept["recovery code 3"])
        right = pyotp.TOTP(kept["secret of an app"]).at(here.engine.now())
        assert await _proven(here, PASSWORD, code=right)

    tell(story)
