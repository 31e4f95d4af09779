"""Which units of a customer a member sees, read from a form: all, or those of chosen sites and single ones."""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from hoistway.portal.visit import Visit
from hoistway.protocol.ids import CustomerId, SiteId, UnitId
from hoistway.store.db import Database, Reader
from hoistway.store.members import Member, limits_of
from hoistway.store.reach_choice import OwnSite, own_sites_matching, own_sites_named
from hoistway.store.seen import Reach, SeenSite
from hoistway.store.unit_access import find_seen_unit, seen_units
from hoistway.store.unit_counts import seen_sites
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS

FEW_SITES = 40
MOST_IDS = 500
MOST_FOUND = 20


class Wanted(Struct, frozen=True):
    """What a membership should become; `reach` is "all" or "some"."""

    role: str
    reach: str
    sites: tuple[SiteId, ...]
    units: tuple[UnitId, ...]


class Option(Struct, frozen=True):
    """A box to tick."""

    id: str
    name: str
    place: str | None
    chosen: bool


class Choices(Struct, frozen=True):
    """`all_sites` where every site of the customer is among `sites`. `text` is what was looked for, `cut` where more was
    found than is shown."""

    all_sites: bool
    sites: Sequence[Option]
    units: Sequence[Option]
    text: str
    cut: bool


async def reach_of(db: Reader, customer_id: CustomerId, member: Member) -> Wanted:
    """What it is now."""
    sites, units = await limits_of(db, customer_id, member.user_id)
    return Wanted(member.role, member.reach, tuple(sites), tuple(units))


async def sites_to_choose(db: Database, customer_id: CustomerId) -> list[SeenSite]:
    """Empty where there are too many to tick; then they are looked for."""
    sites = await seen_sites(db, Reach(customer_id), most=FEW_SITES + 1)
    return sites if len(sites) <= FEW_SITES else []


async def choices_of(db: Database, visit: Visit, customer_id: CustomerId, wanted: Wanted) -> Choices:
    """What is chosen now comes first; then what the customer has, where that is little, otherwise what was looked for."""
    few, text = await sites_to_choose(db, customer_id), (visit.form.get("looked") or "").strip()[:100]
    units = [Option(one, one, None, chosen=True) for one in wanted.units]
    sites, cut = [], False
    if few:
        sites = [Option(one.id, one.name, _place(one.street, one.city), one.id in wanted.sites) for one in few]
    known = {one.id for one in sites}
    other = [one for one in wanted.sites if one not in known]
    named = await own_sites_named(db, customer_id, other)
    sites = [_named(one, named.get(one)) for one in other] + sites
    if text:
        found_sites = [] if few else await own_sites_matching(db, customer_id, text, MOST_FOUND + 1)
        found_units = await seen_units(db, Reach(customer_id), most=MOST_FOUND + 1, text=text)
        cut = max(len(found_sites), len(found_units)) > MOST_FOUND
        sites += [Option(*one, chosen=False) for one in found_sites[:MOST_FOUND] if one[0] not in wanted.sites]
        units += [
            Option(one.id, one.id, _place(one.site_name, one.street, one.city), chosen=False)
            for one in found_units[:MOST_FOUND]
            if one.id not in wanted.units
        ]
    return Choices(bool(few), sites, units, text, cut)


def _place(*words: str) -> str:
    return ", ".join(word for word in words if word)


def _named(site_id: SiteId, found: OwnSite | None) -> Option:
    return Option(site_id, site_id, None, chosen=True) if found is None else Option(*found, chosen=True)


def typed_reach(visit: Visit, before: Wanted, role: str) -> Wanted:
    """What the form asks for, whether or not it can be had: boxes that are ticked, and ids that are typed."""
    # Whoever looks for sites and units wants to choose some.
    if visit.form.get("reach") != "some" and visit.form.get("look") is None:
        return Wanted(role, "all", (), ())
    ticked = [name for name, value in visit.form.items() if value == "yes"]
    sites = {SiteId(one) for one in (*_ids(visit, "sites"), *_behind(ticked, "sites_"), *_behind(ticked, "site_"))}
    units = {UnitId(one) for one in (*_ids(visit, "units"), *_behind(ticked, "unit_"))}
    return replace(before, role=role, reach="some", sites=tuple(sorted(sites)), units=tuple(sorted(units)))


async def read_reach(
    db: Database, visit: Visit, customer_id: CustomerId, before: Wanted, role: str
) -> tuple[Wanted, Problems]:
    """What the form asks for. An id that was there before stays, even if its site or unit is disabled now."""
    t, problems = PORTAL_WORDS[visit.lang], Problems()
    wanted = typed_reach(visit, before, role)
    if wanted.reach == "all":
        return wanted, problems
    if len(wanted.sites) + len(wanted.units) > MOST_IDS:
        problems.add("sites", t["person_too_many"].format(most=MOST_IDS))
        return wanted, problems
    for site in wanted.sites:
        if site not in before.sites and not await seen_units(db, Reach(customer_id), most=1, site=site):
            problems.add("sites", t["person_no_site"].format(id=site))
    for unit in wanted.units:
        if unit not in before.units and await find_seen_unit(db, Reach(customer_id), unit) is None:
            problems.add("units", t["person_no_unit"].format(id=unit))
    if not wanted.sites and not wanted.units:
        problems.add("sites", t["person_nothing"])
    return wanted, problems


def _behind(names: Iterable[str], prefix: str) -> list[str]:
    return [name.removeprefix(prefix) for name in names if name.startswith(prefix) and len(name) <= 220]


def _ids(visit: Visit, name: str) -> list[str]:
    return [one for one in (visit.form.get(name) or "").split() if len(one) <= 200]
