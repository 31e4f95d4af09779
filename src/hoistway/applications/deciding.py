"""An operator decides about a request. Each decision changes its state once, is added to the conversation, and is mailed."""

from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from hoistway.accounts.eyes import first_counts
from hoistway.accounts.hand import Hand
from hoistway.applications.asking import account_of
from hoistway.applications.granting import DAY, Prepared, grant_application, origins_of
from hoistway.applications.named_account import lock_named
from hoistway.applications.threads import LONGEST_MESSAGE, check_room, say_about
from hoistway.engine import Engine
from hoistway.mail.deciding import readers_of
from hoistway.mail.letter import Letter
from hoistway.mail.post import lang_of, post
from hoistway.protocol.ids import ClientId, UserId
from hoistway.protocol.numbers import read_moment
from hoistway.store.client_lists import lock_client_of
from hoistway.store.client_logos import ClientLogo, put_logo
from hoistway.store.clients import put_client
from hoistway.store.db import Writer
from hoistway.store.request_looks import find_look
from hoistway.store.requests import (
    Request,
    approve_request,
    approve_request_first,
    ask_about_request,
    confirm_request,
    forget_first_approval,
    lock_request,
    reject_request,
)
from hoistway.store.users import User

Decision = Literal["approve", "ask", "reject"]
DECISIONS: Final[tuple[Decision, ...]] = ("approve", "ask", "reject")
MOST_DAYS: Final = 365
"""For which legacy flows are lent."""


class TooLate(Exception):
    """Somebody else decided, or the customer withdrew the request; nothing was changed."""


class Verdict(Struct, frozen=True):
    """`until` ends the legacy flows of an approval. `first` is True where a second operator must confirm it."""

    decision: Decision
    text: str
    until: int | None
    first: bool


def read_verdict(decision: Decision, text: str, now: int, *, until: str | None) -> tuple[Verdict, dict[str, str]]:
    """(what is decided, keys of words by the field that is wrong). `until` is the last day of legacy flows, None where the approval
    sets no end."""
    wrong, end = dict[str, str](), None
    if decision != "approve" and not text:
        wrong["text"] = "queue_no_message"
    if len(text) > LONGEST_MESSAGE:
        wrong["text"] = "wish_too_long"
    if decision == "approve" and until is not None:
        end = last_second(until, now)
        if end is None:
            wrong["until"] = "queue_wrong_until"
    return Verdict(decision, text, end, first=False), wrong


def last_second(text: str, now: int) -> int | None:
    """The end of a day that is given as 2026-01-30 and within a year from now; None for anything else."""
    day = read_moment(text.strip())
    if day is None:
        return None
    end = int(day.timestamp()) // DAY * DAY + DAY - 1
    return end if now < end <= now + (MOST_DAYS + 1) * DAY else None


async def decide(engine: Engine, hand: Hand, request: Request, verdict: Verdict, prepared: Prepared | None) -> str:
    """Returns what happened: "approved", "approved_first", "asked" or "rejected". The caller must pass on TooLate,
    WrongAccount and TooManyMessages, so that the transaction is undone."""
    event = await _decide(engine, hand, request, verdict, prepared)
    await hand.record(
        f"request.{event}", customer_id=request.customer_id,
        client_id=request.client_id or (prepared.client_id if prepared and event == "approved" else None),
        request=request.id, kind=request.kind, legacy_until=verdict.until, **account_of(request),
    )  # fmt: skip
    return event


async def _decide(engine: Engine, hand: Hand, request: Request, verdict: Verdict, prepared: Prepared | None) -> str:
    tx, now = hand.tx, hand.now
    await _judge(hand, request, verdict)
    if verdict.decision == "approve":
        await lock_named(tx, request.customer_id, request.service_account_id)
    if verdict.decision == "ask":
        await check_room(tx, request.id, "operator")
        event, changed = "asked", await ask_about_request(tx, request.id, now)
    elif verdict.decision == "reject":
        event, changed = "rejected", await reject_request(tx, request.id, hand.by, now)
    elif verdict.first:
        until = verdict.until
        event = "approved_first"
        changed = await approve_request_first(tx, request.id, hand.by, now, until=until)
    elif prepared is not None:
        event, changed = "approved", await _approve(hand, request, verdict, prepared)
    else:
        raise TypeError("an approval needs what was prepared for it")
    if changed is None:
        raise TooLate
    await say_about(engine, tx, request.id, hand.by, "operator", event, verdict.text)
    if event != "approved_first":
        await _tell(engine, tx, changed, event, verdict.text)
    return event


async def _judge(hand: Hand, request: Request, verdict: Verdict) -> None:
    """The first of two approvals counts only while its operator is one. Judged on locked rows, people first, as
    everywhere. Raises TooLate where the request is not as it was shown."""
    tx = hand.tx
    stands = await first_counts(tx, request.decided_by)
    found = await lock_request(tx, request.id)
    if found != request or not request.is_open:
        # It was decided, answered, withdrawn or given to another customer since it was read.
        raise TooLate
    if verdict.decision != "approve" or not hand.two:
        return
    if verdict.first is stands:
        raise TooLate
    if not stands:
        await forget_first_approval(tx, request.id)


async def _approve(hand: Hand, request: Request, verdict: Verdict, prepared: Prepared) -> Request | None:
    """One operator's approval, or the second of two; then the terms of the first apply."""
    tx, now, client_id = hand.tx, hand.now, request.client_id or prepared.client_id
    if hand.two:
        changed = await confirm_request(tx, request.id, hand.by, now, client_id=client_id)
    else:
        changed = await approve_request(tx, request.id, hand.by, now, client_id=client_id, until=verdict.until)
    if changed is None:
        return None
    if changed.kind == "redirects":
        await _register(tx, changed, client_id)
    elif changed.kind == "look":
        await _dress(tx, changed, client_id, now)
    else:
        by = changed.decided_by or hand.by
        await grant_application(tx, changed, prepared, until=changed.legacy_until, granted_by=by, now=now)
    return changed


async def _register(tx: Writer, request: Request, client_id: ClientId) -> None:
    """Adds the addresses to those that the application has now. Raises TooLate where it no longer exists or is
    disabled."""
    client = await lock_client_of(tx, request.customer_id, client_id)
    if client is None or client.disabled_at is not None:
        raise TooLate
    changed = replace(
        client,
        redirect_uris=tuple(dict.fromkeys((*client.redirect_uris, *request.redirect_uris))),
        post_logout_redirect_uris=tuple(dict.fromkeys((*client.post_logout_redirect_uris, *request.post_logout_uris))),
    )
    await put_client(tx, changed, origins_of(changed))


async def _dress(tx: Writer, request: Request, client_id: ClientId, now: int) -> None:
    """Applies the words and the logo that were reviewed. Raises TooLate where the application no longer exists or is
    disabled."""
    client, look = await lock_client_of(tx, request.customer_id, client_id), await find_look(tx, request.id)
    if client is None or client.disabled_at is not None or look is None:
        raise TooLate
    if look.consent_text is not None:
        changed = replace(client, consent_text=look.consent_text)
        await put_client(tx, changed, origins_of(changed))
    if look.logo is not None and look.logo_type is not None:
        await put_logo(tx, ClientLogo(client.id, look.logo_type, look.logo, now))


async def _tell(engine: Engine, tx: Writer, request: Request, event: str, text: str) -> None:
    for reader, asked in await readers_of(tx, request.customer_id, UserId(request.requested_by)):
        await post(
            engine, tx, reader, _letter(engine, reader, request, event, text, asked=asked), kind=f"request {event}"
        )


def _letter(engine: Engine, reader: User, request: Request, event: str, text: str, *, asked: bool) -> Letter:
    lang, brand = lang_of(reader), engine.pages.brand.name
    words = engine.letters[lang]
    # The address is taken from the settings; a Host header must not decide it (RFC 9700 section 4.13).
    link = f"{engine.settings.base_url}/portal/requests/{request.id}"
    return Letter(
        lang,
        words[f"mail_{event}_subject"].format(application=request.name),
        words["mail_hello"].format(name=reader.name),
        words[f"mail_{event}"].format(application=request.name, brand=brand),
        words["mail_message"],
        text,
        words["mail_open"],
        link,
        words["mail_why" if asked else "mail_customer_why"].format(brand=brand),
    )
