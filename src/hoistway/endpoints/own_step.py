"""The password of somebody whom a company's provider signed in, and who has no second factor, or needs another one beside it: the
provider does not speak for other customers, nor for what changes how they sign in (docs/adr/0032-providers.md).
"""

from msgspec.structs import replace

from hoistway.accounts.resetting import begin_first
from hoistway.authn.factors import must_have
from hoistway.endpoints.back import onward_of
from hoistway.endpoints.entering import Entered, Over, again, finish, hold_unfinished
from hoistway.endpoints.factor_pages import Step
from hoistway.endpoints.recognising import browser_digest
from hoistway.grants.kinds import OWNERS, Said
from hoistway.grants.proving import Refused, prove, settle
from hoistway.protocol.authentication import joined
from hoistway.store.db import Writer
from hoistway.store.factors import standing_of
from hoistway.store.users import User
from hoistway.web.replies import client_address, correlation_id
from hoistway.web.shown import new_number


async def prove_own(step: Step, password: str) -> Entered:
    """Raises Over, Locked, Spent; Refused for a wrong one."""
    engine, request, unfinished = step.engine, step.request, step.unfinished
    if not (unfinished.own or unfinished.wants_password):
        raise Over
    await engine.lockout.begin_few(unfinished.number)
    address = client_address(request, engine.settings.trusted_proxies)
    here = browser_digest(engine, request)
    said = Said(step.user.username, password, address, engine.now(), correlation_id(request), browser=here)

    async def hold(tx: Writer, row: User) -> User | None:
        user = await hold_unfinished(engine, tx, request, unfinished)
        return user if user.id == row.id else None

    kind = replace(OWNERS, hold=hold)
    try:
        proven = await prove(engine, kind, said)
        return await settle(engine, kind, proven, lambda tx, user: _go_on(step, tx, user))
    except Refused:
        async with engine.db.write() as tx:
            await engine.lockout.fail_few(tx, unfinished.number, step.user.username, engine.now())
        raise


async def _go_on(step: Step, tx: Writer, user: User) -> Entered:
    """With the session, a first factor where one is demanded, or a new password in place of one that was handed over. Raises
    Over where there is a factor by now, which must be proved first."""
    engine, unfinished = step.engine, step.unfinished
    await engine.lockout.succeed_few(tx, unfinished.number)
    standing = await standing_of(tx, user.id, b"", 0, engine.now())
    if standing.has_any and not unfinished.wants_password:
        raise Over
    if standing.handed_over:
        return Entered(first=await begin_first(engine, tx, user, again(engine, onward_of(step.request, step.flow))))
    wants_factor = not unfinished.wants_password
    if wants_factor and (unfinished.least > 1 or must_have(user, standing, of_staff=engine.settings.staff_factors)):
        proved = joined(unfinished.amr, ("pwd",))
        return Entered(unfinished=replace(unfinished, amr=proved, missing="enrol", own=False, number=new_number()))
    proved = joined(unfinished.here, ("pwd", "mfa") if unfinished.wants_password else ("pwd",))
    return await finish(engine, tx, step.request, user, unfinished, proved, correlation_id(step.request))
