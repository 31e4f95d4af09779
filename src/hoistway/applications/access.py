"""Which applications have access in a person's name, by a consent or by a sign-in that lasts."""

from msgspec import Struct, field

from hoistway.protocol.ids import ApiId, ClientId, CustomerId, UserId
from hoistway.protocol.scope import NO_API, OIDC_SCOPES, OwnedScope
from hoistway.store.columns import from_list
from hoistway.store.consents import Consented, consents_of
from hoistway.store.db import Reader
from hoistway.store.family_lists import UsedFamily, families_of

LASTING = "offline_access"


class Access(Struct):
    """One application for one customer. `families` are sign-ins that last while the person is away; `used_at` is when
    the newest of their refresh tokens was used. `consented_at` is None where nobody was asked for consent."""

    client_id: ClientId
    client_name: str
    customer_id: CustomerId
    customer_name: str
    since: int
    scopes: set[OwnedScope] = field(default_factory=set)
    consented_at: int | None = None
    families: int = 0
    used_at: int | None = None

    @property
    def lasts(self) -> bool:
        return self.families > 0 or any(name == LASTING for _api, name in self.scopes)

    def named(self) -> list[OwnedScope]:
        """In the order in which pages show them: first those of APIs, then the person's own data."""
        shown = {(api_id, name) for api_id, name in self.scopes if name not in {"openid", LASTING}}
        return sorted(shown, key=lambda one: (one[0] == NO_API, one))


def scopes_of_family(family: UsedFamily) -> set[OwnedScope]:
    """A family of the version before does not store its API, so its scopes are shown as they were asked for."""
    asked = set(family.scope.split())
    personal: set[OwnedScope] = {(NO_API, word) for word in asked & OIDC_SCOPES}
    if family.granted is None:
        return personal | {(NO_API, word) for word in asked - OIDC_SCOPES}
    api_id, *names = from_list(family.granted)
    return personal | {(ApiId(api_id), name) for name in names}


def _entry(found: dict[tuple[str, str], Access], row: Consented | UsedFamily, since: int) -> Access:
    made = Access(row.client_id, row.client_name, row.customer_id, row.customer_name, since)
    entry = found.setdefault((row.client_id, row.customer_id), made)
    entry.since = min(entry.since, since)
    return entry


async def access_of(db: Reader, user_id: UserId, now: int) -> list[Access]:
    """Ordered by the names of application and customer."""
    found: dict[tuple[str, str], Access] = {}
    for consent in await consents_of(db, user_id):
        entry = _entry(found, consent, consent.granted_at)
        entry.scopes.add((consent.api_id, consent.scope))
        entry.consented_at = max(entry.consented_at or 0, consent.granted_at)
    for family in await families_of(db, user_id, now):
        entry = _entry(found, family, family.created_at)
        entry.scopes |= scopes_of_family(family)
        entry.families += 1
        entry.used_at = max(entry.used_at or 0, family.used_at)
    return sorted(found.values(), key=lambda one: (one.client_name, one.client_id, one.customer_name, one.customer_id))
