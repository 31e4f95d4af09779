"""Three providers that others, and we ourselves, wrote: each a process or a server of its own."""

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from msgspec.structs import replace

from hoistway.authn.client import secret_digest
from hoistway.federation.connecting import public_key_of
from hoistway.protocol.jwt import dump_private
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.clients import add_client
from hoistway.store.db import Database, Writer
from hoistway.store.providers import change_provider
from hoistway.tokens.keyring import ALGORITHMS, LEAST_LEAD, make_key, new_private_key, publish_key
from hoistway.tokens.vault import Vault
from tests.cli.running import answer, manage
from tests.engines import drop_database, fresh_database
from tests.federation.connected import ID, back, cause_of, connect, events_of, known, led, provider
from tests.federation.mock import free_port
from tests.federation.node import node_provider, walk
from tests.flows.browser import Person, answer_of
from tests.server import MASTER_KEY, Clock, Served, change, populate, serving
from tests.store.test_schema import on
from tests.world import NOW
from tests.world import SECRET as APPLICATION_SECRET
from tests.world import client as application

GUIDES = Path(__file__).parent.parent.parent / "src" / "hoistway" / "portal" / "guides"
PEOPLE: dict[str, dict[str, object]] = {
    "n-1": {"email": "nora@acme.example", "email_verified": True, "name": "Nora Nord"},
    "n-2": {"email": "nils@acme.example", "email_verified": False},
}


@pytest.mark.parametrize("auth", ["client_secret_basic", "client_secret_post", "private_key_jwt"])
def test_node_oidc_provider(auth: str) -> None:
    """Its ID tokens hold no address, so it is asked at userinfo; it insists on PKCE and names itself (RFC 9207)."""
    url, port = fresh_database("sqlite", populate), free_port()
    issuer, secret = f"http://127.0.0.1:{port}", "a-secret-of-plain-letters-%+&"
    sealed: Any = dump_private(new_private_key("RS256")) if auth == "private_key_jwt" else secret
    row = provider(issuer, auth=auth, secret=sealed)
    connect(url, row)
    with serving(url, outbound_loopback=True) as here:
        client: dict[str, object] = {
            "client_id": "hoistway-here", "token_endpoint_auth_method": auth, "grant_types": ["authorization_code"],
            "redirect_uris": [f"{here.url}/sign-in/provider/{ID}/callback"], "response_types": ["code"],
        }  # fmt: skip
        if auth == "private_key_jwt":
            client["jwks"] = {"keys": [public_key_of(row, Vault(MASTER_KEY))]}
        else:
            client["client_secret"] = secret
        with node_provider(port, client, PEOPLE):
            person = Person(here)
            reply = back(person, walk(led(person, "nora@acme.example"), "sub=n-1", here.url))
            assert "code" in answer_of(reply.headers.get("location", "")), reply.text
            assert list(known(here)) == ["n-1"]
            other = Person(here)
            page = back(other, walk(led(other, "nils@acme.example"), "sub=n-2", here.url))
            assert (page.status_code, cause_of(page)) == (403, "unverified")
            page = back(other, walk(led(other, "nils@acme.example"), "deny", here.url))
            assert (page.status_code, cause_of(page)) == (400, "cancelled")
    drop_database(url)


def furnish(url: str, here: str) -> None:
    """The application of the company's Hoistway that we are."""

    async def write(tx: Writer) -> None:
        row = application(
            "company", "web", redirect_uris=(f"{here}/sign-in/provider/{ID}/callback",), grants=("authorization_code",),
            scopes=("openid", "profile", "email"),
        )  # fmt: skip
        await add_client(tx, row)
        await add_secret(tx, ClientSecret("s-1", row.id, secret_digest(APPLICATION_SECRET), "s3cr3t", NOW))

    change(url, write)


def rotate(url: str, now: int) -> None:
    async def work(db: Database) -> None:
        keys = [await make_key(db, Vault(MASTER_KEY), alg, now, lead=LEAST_LEAD) for alg in ALGORITHMS]
        async with db.write() as tx:
            for key in keys:
                await publish_key(tx, key)

    on(url, work)


def answer_there(there: Served, location: str, name: str = "ann") -> str:
    """What happens at the company's Hoistway: the address to which it sends the person back."""
    browser = Person(there)
    reply = browser.sign_in(browser.follow(browser.http.get(location)), name)
    assert reply.status_code == 303, reply.text
    found: str = reply.headers["location"]
    return found


def through(here: Served, there: Served) -> httpx2.Response:
    person = Person(here)
    return back(person, answer_there(there, led(person, "ann@example.com")))


def entered(reply: httpx2.Response) -> bool:
    return "code" in answer_of(reply.headers.get("location", ""))


@contextmanager
def two(*clocks: Clock) -> Iterator[tuple[str, str, int, Served]]:
    """(database here, database there, port there, the server here): each with its clock."""
    ours, theirs, port = fresh_database("sqlite", populate), fresh_database("sqlite", populate), free_port()
    for clock in clocks:
        # The keys that were made a moment ago sign from then on.
        clock.at = Clock().at
    with serving(ours, now=clocks[0], outbound_loopback=True) as here:
        furnish(theirs, here.url)
        row = provider(f"http://127.0.0.1:{port}", client_id="company", secret=APPLICATION_SECRET, addresses="trusted")
        connect(ours, row, "example.com")
        yield ours, theirs, port, here
    drop_database(ours)
    drop_database(theirs)


def test_a_second_hoistway_with_new_keys() -> None:
    """The set that is kept here does not hold them yet; ann is linked, because she is a member here."""
    clock = Clock()
    with two(clock, clock) as (_, theirs, port, here):
        with serving(theirs, now=clock, port=port) as there:
            assert entered(through(here, there))
            assert list(known(here).values()) == ["u-ann"]
        rotate(theirs, clock())
        clock.turn(120)
        with serving(theirs, now=clock, port=port) as there:
            assert entered(through(here, there))


def test_a_second_hoistway_whose_clock_differs() -> None:
    """A minute is borne; more is an error that says what is wrong, and no sign-in."""
    ours_now, theirs_now = Clock(), Clock()
    with two(ours_now, theirs_now) as (ours, theirs, port, here), serving(theirs, now=theirs_now, port=port) as there:
        for ahead in (50, -100):
            theirs_now.turn(ahead)
            assert entered(through(here, there))
        theirs_now.turn(50 + 90)
        page = through(here, there)
        assert (page.status_code, cause_of(page)) == (502, "wrong")
        assert "compare the clocks" in str(events_of(ours, "provider.failed")[-1]["detail"])
        theirs_now.turn(-90)
        assert entered(through(here, there))


def test_a_second_hoistway_that_is_away_for_a_while() -> None:
    """Before somebody goes there, and between going and coming back; afterwards all is as before."""
    clock = Clock()
    with two(clock, clock) as (ours, theirs, port, here):
        person = Person(here)
        reply = person.submit("/sign-in", person.get("/sign-in"), username="ann@example.com")
        assert (reply.status_code, cause_of(reply)) == (502, "away")
        assert reply.headers["retry-after"] == "60"
        clock.turn(30)
        with serving(theirs, now=clock, port=port) as there:
            location = answer_there(there, led(person, "ann@example.com"))
        assert cause_of(back(person, location)) == "away"
        told = events_of(ours, "provider.failed")
        assert [one["event"] for one in told] == ["provider.failed"]
        with serving(theirs, now=clock, port=port) as there:
            # The same answer counts as long as nobody came in with it: the code is still good there.
            assert entered(back(person, location))
            assert entered(through(here, there))


@pytest.mark.parametrize("lang", ["en", "de"])
def test_a_second_hoistway_by_the_guide(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guide's command makes the application; without trust in its addresses nobody comes in, as the guide says."""
    found = re.search(
        r"`hoistway (app add .*?URI)`", (GUIDES / lang / "company-sign-in.md").read_text(encoding="utf-8")
    )
    assert found
    ours, theirs = fresh_database("sqlite", populate), fresh_database("sqlite", populate)
    # After the keys were made, which sign from then on.
    clock, port = Clock(), free_port()
    with serving(ours, now=clock, outbound_loopback=True) as here, serving(theirs, now=clock, port=port) as there:
        manage(monkeypatch, there)
        made = answer(*shlex.split(found[1].replace("URI", f"{here.url}/sign-in/provider/{ID}/callback")))
        row = provider(there.url, client_id=made["id"], secret=made["client_secret"])
        connect(ours, row, "example.com")
        page = through(here, there)
        assert (page.status_code, cause_of(page)) == (403, "unverified")

        async def trust(tx: Writer) -> None:
            await change_provider(tx, replace(row, addresses="trusted"))

        change(ours, trust)
        assert entered(through(here, there))
    drop_database(ours)
    drop_database(theirs)
