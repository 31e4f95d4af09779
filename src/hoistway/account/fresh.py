"""A recent proof, for what changes how a person signs in or is reached: whoever finds a browser open must not be able to."""

from typing import Final

from starlette.responses import Response

from hoistway.authn.factors import RECENT
from hoistway.endpoints.browser import SignedIn
from hoistway.endpoints.entering import Onward, more_of, to_second_step
from hoistway.engine import Engine
from hoistway.portal.doors import to_sign_in
from hoistway.portal.visit import Visit, see_other
from hoistway.protocol.authentication import FACTORS as FACTORS_PROVED
from hoistway.protocol.authentication import read_amr
from hoistway.store.db import Reader
from hoistway.store.one_time_codes import find_one_time_codes
from hoistway.store.passkeys import passkeys_of
from hoistway.store.users import User

FACTORS: Final = "/account/factors"
EMAIL: Final = "/account/email"
IDENTITIES: Final = "/account/identities"
ASKING: Final = frozenset({FACTORS, EMAIL, IDENTITIES})
"""Pages that ask for it, and to which the proof leads back."""


async def has_factor(db: Reader, user: User) -> bool:
    return await find_one_time_codes(db, user.id) is not None or bool(await passkeys_of(db, user.id))


def is_fresh(person: SignedIn, now: int, *, has_any: bool) -> bool:
    """The last proof is recent, and a factor was part of it where there is one."""
    session = person.session
    recent = session.proven_at is not None and session.proven_at + RECENT > now
    return recent and (not has_any or bool(FACTORS_PROVED & set(read_amr(session.amr))))


def proved_nothing(person: SignedIn) -> bool:
    """A company says who they are, and others rely on the account: what is theirs is none of that company's."""
    return person.session.proven_at is None


def ask_own(engine: Engine, visit: Visit, person: SignedIn, here: str) -> Response:
    """Leads to a proof of the person's own, and from there to this page."""
    return to_second_step(engine, more_of(engine, visit.browser, person, "prove", 1), Onward(back=here))


async def confirm(engine: Engine, visit: Visit) -> Response:
    """GET /account/factors/confirm: asks for a second factor, or, where there is none, for the password; `next` is one of
    ASKING."""
    person, asked = visit.person, visit.query.get("next")
    if person is None:
        return await to_sign_in(visit)
    here = asked if asked in ASKING else FACTORS
    if proved_nothing(person):
        return ask_own(engine, visit, person, here)
    if not await has_factor(engine.db, person.user):
        return see_other(f"/sign-in?next={here}")
    return to_second_step(engine, more_of(engine, visit.browser, person, "prove", 1), Onward(back=here))
