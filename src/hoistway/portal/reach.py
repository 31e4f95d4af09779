"""Which units of a customer a member sees, read from a form: all, or those of chosen sites and single ones."""

from msgspec import Struct
from msgspec.structs import replace

from hoistway.portal.visit import Visit
from hoistway.protocol.ids import CustomerId, SiteId, UnitId
from hoistway.store.db import Database, Reader
from hoistway.store.members import Member, limits_of
from hoistway.store.seen import Reach, SeenSite
from hoistway.store.unit_access import find_seen_unit, seen_units
from hoistway.store.unit_counts import seen_sites
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS

FEW_SITES = 40
MOST_IDS = 500


class Wanted(Struct, frozen=True):
    """What a membership should become; `reach` is "all" or "some"."""

    role: str
    reach: str
    sites: tuple[SiteId, ...]
    units: tuple[UnitId, ...]


async def reach_of(db: Reader, customer_id: CustomerId, member: Member) -> Wanted:
    """What it is now."""
    sites, units = await limits_of(db, customer_id, member.user_id)
    return Wanted(member.role, member.reach, tuple(sites), tuple(units))


async def sites_to_choose(db: Database, customer_id: CustomerId) -> list[SeenSite]:
    """Empty where there are too many to tick; then their ids are typed."""
    sites = await seen_sites(db, Reach(customer_id), most=FEW_SITES + 1)
    return sites if len(sites) <= FEW_SITES else []


async def read_reach(
    db: Database, visit: Visit, customer_id: CustomerId, before: Wanted, role: str
) -> tuple[Wanted, Problems]:
    """What the form asks for. An id that was there before stays, even if its site or unit is disabled now."""
    t, problems = PORTAL_WORDS[visit.lang], Problems()
    if visit.form.get("reach") != "some":
        return Wanted(role, "all", (), ()), problems
    ticked = [site.id for site in await sites_to_choose(db, customer_id) if visit.form.get(f"sites_{site.id}")]
    sites = sorted({*ticked, *(SiteId(one) for one in _ids(visit, "sites"))})
    units = sorted({UnitId(one) for one in _ids(visit, "units")})
    wanted = replace(before, role=role, reach="some", sites=tuple(sites), units=tuple(units))
    if len(sites) + len(units) > MOST_IDS:
        problems.add("sites", t["person_too_many"].format(most=MOST_IDS))
        return wanted, problems
    for site in sites:
        if site not in before.sites and not await seen_units(db, Reach(customer_id), most=1, site=site):
            problems.add("sites", t["person_no_site"].format(id=site))
    for unit in units:
        if unit not in before.units and await find_seen_unit(db, Reach(customer_id), unit) is None:
            problems.add("units", t["person_no_unit"].format(id=unit))
    if not sites and not units:
        problems.add("sites", t["person_nothing"])
    return wanted, problems


def _ids(visit: Visit, name: str) -> list[str]:
    return [one for one in (visit.form.get(name) or "").split() if len(one) <= 200]
