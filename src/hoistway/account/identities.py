"""The sign-ins of companies that are linked to a person's account: linked by proof, and taken away again
(docs/adr/0032-providers.md)."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import Response

from hoistway.account.fresh import IDENTITIES, has_factor, is_fresh
from hoistway.accounts.ending import end_what_began_in, refuse_from_now
from hoistway.accounts.factors import tell
from hoistway.endpoints.browser import SignedIn, holder_of
from hoistway.endpoints.provider import lead
from hoistway.engine import Engine
from hoistway.federation.asking import Wish
from hoistway.federation.linking import NotLinked, check_linked, link, standing_at, unfit_for, unlink
from hoistway.federation.signing_in import living_provider
from hoistway.portal.changing import Change, owning
from hoistway.portal.chosen import chosen
from hoistway.portal.doors import to_sign_in
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.ids import ProviderId, UserId
from hoistway.store.db import Conflict
from hoistway.store.identities import offered_to
from hoistway.store.provider_sessions import find_provider_session
from hoistway.store.users import lock_user
from hoistway.web.frame import Crumb
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.sealed import BadSeal, unseal
from hoistway.web.tickets import CLAIMED, Claimed

HERE: Final = IDENTITIES
ACTS: Final = ("link", "confirm", "unlink")
LONGEST: Final = 4_000
PROBLEMS: Final = frozenset({"identity_failed"})


async def identities(engine: Engine, visit: Visit) -> Response:
    """GET or POST /account/identities: `do` is one of ACTS; `provider` is an id, `claim` what came back from there."""
    person = visit.person
    if person is None:
        return await to_sign_in(visit)
    if not visit.posted:
        problem = visit.query.get("problem")
        return await _show(engine, visit, person, problem if problem in PROBLEMS else None)
    act = chosen(visit.form, "do", ACTS, "")
    if not act:
        raise InvalidRequest("Send what to do: one of the page's buttons.", log="no act")
    if not await _is_fresh(engine, person):
        return see_other(HERE, "notice_factor_prove")
    try:
        return await _DO[act](engine, visit, person)
    except NotLinked as error:
        return await _show(engine, visit, person, str(error))


async def _is_fresh(engine: Engine, person: SignedIn) -> bool:
    return is_fresh(person, engine.now(), has_any=await has_factor(engine.db, person.user))


def _claim(engine: Engine, visit: Visit, person: SignedIn) -> Claimed | None:
    text = (visit.form if visit.posted else visit.query).get("claim") or ""
    try:
        found = unseal(
            engine.cookie_secret, text[:LONGEST], Claimed, holder_of(engine, visit.request), engine.now(), CLAIMED
        )
    except BadSeal:
        return None
    return found if found.person == person.user.id else None


async def _show(engine: Engine, visit: Visit, person: SignedIn, problem: str | None) -> Response:
    rows = await offered_to(engine.db, person.user.id)
    came_by = await find_provider_session(engine.db, person.session.session_digest)
    claim = None if problem else _claim(engine, visit, person)
    named = next((row for row in rows if claim is not None and row.provider_id == claim.provider_id), None)
    unfit = await unfit_for(engine.db, person.user, [row.customer_id for row in rows])
    return engine.pages.portal(
        "account/identities.html", visit.showing(*rows), 422 if problem and visit.posted else 200, rows=rows,
        fresh=await _is_fresh(engine, person), problem=problem, now=engine.now(), unfit=unfit, named=named, account=person.user.username,
        came_by=None if came_by is None else came_by.provider_id,
        claim=(visit.query.get("claim") or "", claim.shown) if claim is not None and named is not None else None,
        crumbs=(Crumb(PORTAL_WORDS[visit.lang]["own_account"], "/account"),),
    )  # fmt: skip


async def _check(change: Change, user_id: UserId) -> None:
    """Raises Moved where the list is not as the page showed it."""
    change.check_shown(*await offered_to(change.tx, user_id))


async def _link(engine: Engine, visit: Visit, person: SignedIn) -> Response:
    """Nothing is written: what must be so is looked at here, to say so before the way there, and judged at the end."""
    provider = await living_provider(engine, ProviderId(visit.form.need("provider")))
    if provider is None:
        raise NotFound
    async with owning(engine, visit, person, to_change=True, provider=provider.id) as change:
        standing = await standing_at(change.tx, person.user, provider.id, "")
        if standing.place is None:
            raise NotFound(log="the provider of another customer")
        await _check(change, person.user.id)
        check_linked(person.user, standing)
        await change.leads_to(HERE)
    # Whoever is signed in there already may be somebody else at the same desk, so they sign in anew.
    wish = Wish(None, HERE, prompt="login", links=person.session.public_id)
    return await lead(engine, visit.request, visit.browser, provider, wish)


async def _confirm(engine: Engine, visit: Visit, person: SignedIn) -> Response:
    claim = _claim(engine, visit, person)
    if claim is None:
        raise NotLinked("identity_used")
    try:
        provider_id = ProviderId(claim.provider_id)
        async with owning(engine, visit, person, to_change=True, provider=provider_id) as change:
            await _check(change, person.user.id)
            user = await lock_user(change.tx, person.user.id) or person.user
            provider = await link(engine, change.tx, user, claim)
            await change.leads_to(HERE)
            await change.record(
                "user.linked", id=user.id, provider=provider.id, how="proof", customer_id=provider.customer_id
            )
            await tell(engine, change.tx, user, "identity_linked", name=provider.name)
    except Conflict as error:
        raise NotLinked("identity_taken") from error
    return see_other(HERE, "notice_identity_linked")


async def _unlink(engine: Engine, visit: Visit, person: SignedIn) -> Response:
    """What began there ends: whoever else could sign in there holds nothing any more."""
    provider_id = ProviderId(visit.form.need("provider"))
    async with owning(engine, visit, person, to_change=True, provider=provider_id) as change:
        await _check(change, person.user.id)
        user = await lock_user(change.tx, person.user.id) or person.user
        provider, sessions = await unlink(change.tx, user, provider_id, person.session.session_digest)
        ended = await end_what_began_in(change.tx, user.id, sessions, engine.now())
        await change.record(
            "user.unlinked", id=user.id, provider=provider.id, customer_id=provider.customer_id, sessions=ended.sessions,
            refresh_tokens=ended.refresh_tokens,
        )  # fmt: skip
        await tell(engine, change.tx, user, "identity_unlinked", name=provider.name)
    refuse_from_now(engine, ended)
    return see_other(HERE, "notice_identity_unlinked")


_DO: Final[dict[str, Callable[[Engine, Visit, SignedIn], Awaitable[Response]]]] = {
    "link": _link, "confirm": _confirm, "unlink": _unlink,
}  # fmt: skip
