"""Why can this account see this unit? Shows the steps from a token's holder to a unit."""

from msgspec import Struct
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.visit import Visit
from hoistway.protocol.ids import CustomerId, ServiceAccountId, UnitId, UserId
from hoistway.store.customers import find_customer
from hoistway.store.db import Database
from hoistway.store.memberships import find_membership
from hoistway.store.seen import Reach
from hoistway.store.service_accounts import find_service_account, find_service_account_by_name
from hoistway.store.sites import find_site
from hoistway.store.unit_access import find_seen_unit
from hoistway.store.units import find_unit
from hoistway.store.users import User, find_user, find_user_by_name
from hoistway.web.segments import segment


class Step(Struct, frozen=True):
    """`key` names the sentence; `ok` is True where the next step is reached."""

    key: str
    ok: bool
    name: str
    href: str | None = None


class Holder(Struct, frozen=True):
    """The account of a token: its kind as in the token, its id, and the customers for which it may ask."""

    kind: str
    id: str
    name: str
    customer: CustomerId | None
    disabled_at: int | None
    is_employee: bool = False


async def find_holder(db: Database, text: str) -> Holder | None:
    """A person or technical account by id or user name."""
    user = await find_user(db, UserId(text)) or await find_user_by_name(db, text)
    if user is not None:
        return Holder("user", user.id, user.name, user.home_customer_id, user.disabled_at, user.is_employee)
    account = await find_service_account(db, ServiceAccountId(text)) or await find_service_account_by_name(db, text)
    if account is None:
        return None
    return Holder("service_account", account.id, account.username, account.customer_id, account.disabled_at)


async def _reach(db: Database, holder: Holder, customer: CustomerId) -> tuple[Reach | None, Step]:
    if holder.kind == "service_account":
        own = holder.customer == customer
        return Reach(customer) if own else None, Step(
            "why_account_of" if own else "why_account_elsewhere", own, holder.name
        )
    membership = await find_membership(db, UserId(holder.id), customer)
    if membership is None:
        key = "why_employee" if holder.is_employee else "why_no_member"
        return Reach(customer) if holder.is_employee else None, Step(key, holder.is_employee, holder.name)
    if membership.reach == "all":
        return Reach(customer), Step("why_member_all", True, membership.role)
    return Reach(customer, UserId(holder.id)), Step("why_member_some", True, membership.role)


async def explain(db: Database, holder: Holder, customer_id: CustomerId | None, unit_id: UnitId) -> list[Step]:
    """Ends with the first step that fails, or with the access that opens the unit."""
    page = "users" if holder.kind == "user" else "accounts"
    steps = [Step("why_holder", holder.disabled_at is None, holder.name, f"/console/{page}/{segment(holder.id)}")]
    customer_id = customer_id or holder.customer
    customer = None if customer_id is None else await find_customer(db, customer_id)
    if customer is None:
        return [*steps, Step("why_no_customer", False, customer_id or "–")]
    steps.append(
        Step("why_customer", customer.disabled_at is None, customer.name, f"/console/customers/{segment(customer.id)}")
    )
    reach, step = await _reach(db, holder, customer.id)
    steps.append(step)
    unit = await find_unit(db, unit_id)
    if unit is None:
        return [*steps, Step("why_no_unit", False, unit_id)]
    site = await find_site(db, unit.site_id)
    if unit.disabled_at is not None or (site is not None and site.disabled_at is not None):
        return [*steps, Step("why_unit_disabled", False, unit_id, f"/console/units/{segment(unit_id)}")]
    if reach is None:
        return steps
    seen = await find_seen_unit(db, reach, unit_id)
    if seen is not None:
        return [
            *steps,
            Step("why_access", True, seen.role),
            Step("why_unit", True, unit_id, f"/console/units/{segment(unit_id)}"),
        ]
    whole = await find_seen_unit(db, Reach(customer.id), unit_id)
    return [*steps, Step("why_outside" if whole is not None else "why_no_access", False, unit_id)]


async def why(engine: Engine, visit: Visit, _operator: User) -> Response:
    """GET /console/why?holder=…&unit=…&customer=…"""
    asked = {name: (visit.query.get(name) or "").strip()[:200] for name in ("holder", "unit", "customer")}
    steps, holder = None, None
    if asked["holder"] and asked["unit"]:
        holder = await find_holder(engine.db, asked["holder"])
        if holder is not None:
            customer = CustomerId(asked["customer"]) if asked["customer"] else None
            steps = await explain(engine.db, holder, customer, UnitId(asked["unit"]))
    sees = bool(steps) and all(step.ok for step in steps or ())
    return engine.pages.portal("console/why.html", visit.frame, asked=asked, holder=holder, steps=steps, sees=sees)
