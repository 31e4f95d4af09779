"""A company's sign-in is linked and unlinked on the page of the account: the owner hears of it by mail."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from hoistway.protocol.ids import UserId
from hoistway.store.identities import Identity, add_identity, find_identity
from hoistway.store.profiles import change_profile
from hoistway.store.providers import add_provider
from hoistway.web.sealed import browser_digest, public_session_id, seal
from hoistway.web.tickets import Claimed
from tests.account.test_email import ANN, Tell
from tests.account.test_email import tell as tell
from tests.attacks.overtaken import BASE, Room
from tests.federation.connected import ID, provider
from tests.flows.browser import hidden
from tests.links.outbox import letters

HERE = "/account/identities"
CLAIM = Claimed(
    browser="", made_at=0, person=ANN, provider_id=ID, issuer="https://login.acme.example", subject="s-1", shown="rita@acme.example",
    nonce="n", spent_until=4_000_000_000,
)  # fmt: skip


async def send(here: Room, do: str, **form: str) -> Any:
    page = await here.http.get(HERE)
    return await here.http.post(HERE, data={"csrf": hidden(page.text, "csrf"), "do": do, **form})


def claim(here: Room, **changes: Any) -> str:
    """What came back from the provider, for this browser and session."""
    cookies = here.http.cookies
    made = replace(
        CLAIM, made_at=here.engine.now(), browser=browser_digest(cookies["hoistway_browser"]),
        session=public_session_id(cookies["hoistway_session"]),
    )  # fmt: skip
    return seal(here.engine.cookie_secret, replace(made, **changes))


@pytest.mark.parametrize(
    ("lang", "linked", "unlinked"),
    [
        (
            "en",
            "Acme’s sign-in, a company’s own sign-in, was linked",
            "Acme’s sign-in, a company’s own sign-in, was unlinked",
        ),
        (
            "de",
            "Acme’s sign-in, die Anmeldung einer Firma, wurde mit",
            "Acme’s sign-in, die Anmeldung einer Firma, wurde von",
        ),
    ],
)
def test_the_owner_hears_of_both(tell: Tell, lang: str, linked: str, unlinked: str) -> None:
    async def story(here: Room) -> None:
        await here.write(lambda tx: add_provider(tx, provider("https://login.acme.example")))
        await here.write(lambda tx: change_profile(tx, ANN, name="Ann", locale=lang))
        for do, form, words in (("confirm", {"claim": claim(here)}, linked), ("unlink", {"provider": ID}, unlinked)):
            reply = await send(here, do, **form)
            assert reply.status_code == 303, reply.text
            (letter,) = await letters(here)
            assert letter.recipient == "ann@example.com"
            assert words in letter.plain
            assert f"{BASE}{HERE}" in letter.plain
        assert await find_identity(here.other, ID, "s-1") is None

    tell(story)


@pytest.mark.parametrize(
    "changes",
    [
        {"person": UserId("u-adam")},
        {"issuer": "https://other.example"},
        {"made_at": 0},
        {"browser": "x"},
        {"session": "x"},
    ],
)
def test_a_claim_of_another_kind_links_nothing(tell: Tell, changes: dict[str, Any]) -> None:
    """Of another person, of a provider that is another one by now, too old, of another browser, of another session."""

    async def story(here: Room) -> None:
        await here.write(lambda tx: add_provider(tx, provider("https://login.acme.example")))
        reply = await send(here, "confirm", claim=claim(here, **changes))
        assert reply.status_code == 422
        assert await find_identity(here.other, ID, "s-1") is None
        assert await letters(here) == []

    tell(story)


def test_a_claim_of_one_confirmed_at_once_links_once(tell: Tell) -> None:
    async def story(here: Room) -> None:
        await here.write(lambda tx: add_provider(tx, provider("https://login.acme.example")))
        await here.write(lambda tx: add_identity(tx, Identity(ID, "s-0", UserId("u-adam"), "proof", here.engine.now())))
        replies = await asyncio.gather(*(send(here, "confirm", claim=claim(here)) for _ in range(4)))
        statuses = sorted(reply.status_code for reply in replies)
        # Whose page was shown before the first was linked is told that something changed.
        assert statuses[0] == 303
        assert set(statuses[1:]) <= {409, 422}
        assert len(await letters(here)) == 1

    tell(story)
