"""A world with a secret of every kind, got as its owner gets it, and what a thief copies of its database."""

import base64
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from hoistway.accounts.resetting import send_asked
from hoistway.authn.client import secret_digest
from hoistway.authn.factors import device_digest, new_recovery_codes, recovery_digest
from hoistway.authn.scim_token import new_token
from hoistway.authn.subscription_key import make_key
from hoistway.mail.post import with_link
from hoistway.protocol.ids import ClientId, ProviderId, SubscriptionId, UserId
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.db import Writer
from hoistway.store.keys import all_keys
from hoistway.store.outbox import newest_mails
from hoistway.store.products import add_product
from hoistway.store.providers import Provider, add_provider
from hoistway.store.recovery_codes import replace_recovery_codes
from hoistway.store.remembered_devices import Device, add_device
from hoistway.store.scim_tokens import add_scim_token
from hoistway.store.secrets import all_sealed
from hoistway.store.subscription_keys import add_key
from hoistway.store.subscriptions import Subscription, add_subscription
from hoistway.store.users import find_user
from hoistway.web.cookies import new_value
from tests.attacks.overtaken import Room
from tests.engines import programs
from tests.factors import SECRET as APP_SECRET
from tests.factors import give_codes
from tests.flows.browser import answer_of, hidden, pkce
from tests.limits.selling import product
from tests.links.outbox import Browser, invite
from tests.server import MASTER_KEY
from tests.world import CALLBACK, FAR, NOW, PASSWORD, SECRET, A

BOTH = UserId("u-both")
GUEST, ASKED = "guest-of-a@example.com", "whoever-it-was@example.com"
PROVIDER_SECRET = "what-the-provider-gave-us-0123456789"
PRODUCT = product("kept", key_use="required")


class Kept(Struct, frozen=True):
    """What owners have: secrets by what they are, and the verifier that belongs to the code."""

    secrets: Mapping[str, str | bytes]
    verifier: str

    def __getitem__(self, name: str) -> str:
        found = self.secrets[name]
        assert isinstance(found, str)
        return found


async def fill(here: Room) -> Kept:
    """Nothing of it has been used yet."""
    made: dict[str, str | bytes] = {"password": PASSWORD, "client secret": SECRET, "master key": MASTER_KEY}
    await here.write(lambda tx: _put(tx, made, here.engine.now()))
    made |= await _by_pages(here) | await _by_mail(here)
    verifier, made["code"] = await _code(here)
    form = {
        "grant_type": "password", "client_id": "ropc", "username": "daemon-a", "password": PASSWORD,
        "scope": "units.read offline_access",
    }  # fmt: skip
    reply = await here.http.post("/oauth2/token", data=form)
    assert reply.status_code == 200, reply.text
    made |= {"access token": reply.json()["access_token"], "refresh token": reply.json()["refresh_token"]}
    made |= await _sealed(here)
    return Kept(made, verifier)


async def _put(tx: Writer, made: dict[str, str | bytes], now: int) -> None:
    """What commands and pages show once, by the functions that they call."""
    await give_codes(tx, "both")
    codes = new_recovery_codes()
    await replace_recovery_codes(tx, BOTH, [recovery_digest(BOTH, code) for code in codes], now)
    user = await find_user(tx, BOTH)
    assert user is not None
    cookie = new_value()
    device = Device(device_digest(cookie), "d-1", BOTH, "Firefox", user.password_changed_at, now, now, FAR)
    await add_device(tx, device, 10)
    second = "the-second-" + new_value()
    await add_secret(tx, ClientSecret("second", ClientId("daemon"), secret_digest(second), "the-", now, None))
    token, scim = new_token(A, now, 30)
    await add_scim_token(tx, token)
    await add_product(tx, PRODUCT)
    subscription = SubscriptionId("sub-kept")
    await add_subscription(
        tx, Subscription(subscription, A, None, PRODUCT.id, None, "S", "active", "", "t", None, NOW, NOW, NOW, NOW)
    )
    key, row = make_key(subscription, "primary", now)
    await add_key(tx, row)
    made |= {
        "secret of an app": APP_SECRET, "remembered device": cookie, "second client secret": second, "SCIM token": scim,
        "subscription key": key, **{f"recovery code {number}": code for number, code in enumerate(codes)},
    }  # fmt: skip


async def _by_pages(here: Room) -> dict[str, str]:
    """The cookies of a sign-in."""
    page = await here.http.get("/sign-in")
    form = {"csrf": hidden(page.text, "csrf"), "username": "ann@example.com", "password": PASSWORD}
    assert (await here.http.post("/sign-in", data=form)).status_code == 303
    return {"session": here.http.cookies["hoistway_session"], "browser": here.http.cookies["hoistway_browser"]}


async def _by_mail(here: Room) -> dict[str, str]:
    """Letters that wait for the mail server, and a reset that nobody has looked at."""
    browser = Browser(here.http)
    await browser.ask("bob@example.com")
    await send_asked(here.engine)
    await invite(here, GUEST)
    await browser.ask(ASKED)
    found = {}
    for mail in await newest_mails(here.other, 10):
        letter = with_link(here.engine.links, mail).plain
        found["invitation" if mail.recipient == GUEST else "reset"] = letter.partition("?link=")[2][:43]
    return {**found, "name for a reset": ASKED}


async def _code(here: Room) -> tuple[str, str]:
    """Of whoever is signed in: (verifier, code)."""
    verifier, challenge = pkce()
    asked = {
        "client_id": "spa", "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid units.read", "state": "s",
        "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    reply = await here.http.get("/oauth2/authorize", params=asked)
    while reply.status_code == 303 and reply.headers["location"].startswith("/"):
        reply = await here.http.get(reply.headers["location"])
    return verifier, answer_of(reply.headers["location"])["code"]


async def _sealed(here: Room) -> dict[str, str | bytes]:
    """The provider's secret, private keys and what all processes share."""
    vault, provider = here.engine.vault, ProviderId("p-kept")
    row = Provider(
        provider, A, "P", "https://login.a.example", "hoistway", "client_secret_basic",
        vault.seal(provider, PROVIDER_SECRET.encode()), "verified", None, (), (), "here", NOW,
    )  # fmt: skip
    await here.write(lambda tx: add_provider(tx, row))
    found: dict[str, str | bytes] = {"secret of a provider": PROVIDER_SECRET}
    for key in await all_keys(here.other):
        found[f"signing key {key.id}"] = vault.open(key.id, key.sealed)
    for name, sealed in await all_sealed(here.other):
        found[f"shared secret {name}"] = vault.open(name, sealed)
    return found


def dump_of(url: str) -> bytes:
    """SQLite's files as they lie there, or what pg_dump writes."""
    if url.startswith("sqlite"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        return b"\n".join(path.read_bytes() for path in sorted(folder.iterdir()))
    command = [str(programs() / "pg_dump"), "--dbname", url]
    return subprocess.run(command, capture_output=True, check=True).stdout


def spellings(secret: str | bytes) -> Iterator[bytes]:
    """As itself, in hexadecimal, and in base64 wherever it may begin in a longer text."""
    raw = secret.encode() if isinstance(secret, str) else secret
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for before in range(3):
        # What stands before and behind it changes the first and the last letters.
        within = base64.b64encode(b"\0" * before + raw)[(0, 2, 3)[before] :]
        yield within.rstrip(b"=")[:-2]
        yield within.rstrip(b"=")[:-2].translate(bytes.maketrans(b"+/", b"-_"))
