"""E-mail domains of customers' providers: proved ones lead whoever types them to the provider, and bar passwords."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import BindParameter, Index, Table, bindparam, column, delete, func, select, update

from hoistway.protocol.ids import CustomerId, ProviderId, UserId
from hoistway.store.columns import at, insert_all, key, optional_at, reference, text
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.providers import PROVIDERS, Provider, read_provider
from hoistway.store.schema import METADATA

_PROVED = column("proved_at").is_not(None)
PROVIDER_DOMAINS = Table(
    "provider_domains",
    METADATA,
    reference("provider_id", "providers.id", primary_key=True),
    key("domain"),
    text("proof"),
    at("created_at"),
    optional_at("proved_at"),
    # One domain leads to one provider.
    Index("ix_provider_domains_proved", "domain", unique=True, sqlite_where=_PROVED, postgresql_where=_PROVED),
)
MOST = 50
"""Of a provider."""
_SLOTS = 12
"""As many addresses as an account has at the most, and its user name."""


class ProviderDomain(Struct, frozen=True):
    """`proof` is what the TXT record must say."""

    provider_id: ProviderId
    domain: str
    proof: str
    created_at: int
    proved_at: int | None = None


_D, _P, _M = PROVIDER_DOMAINS.c, PROVIDERS.c, MEMBERSHIPS.c
_INSERT = Statement(lambda: insert_all(PROVIDER_DOMAINS, ignore=True), nothing)
_OF = Statement(
    lambda: select(PROVIDER_DOMAINS).where(_D.provider_id == bindparam("provider_id")).order_by(_D.domain),
    ProviderDomain,
)
_ONE = Statement(
    lambda: select(PROVIDER_DOMAINS).where(
        _D.provider_id == bindparam("provider_id"), _D.domain == bindparam("domain")
    ),
    ProviderDomain,
)
_PROVE = Statement(
    lambda: (
        update(PROVIDER_DOMAINS)
        .where(_D.provider_id == bindparam("b_provider"), _D.domain == bindparam("b_domain"))
        .values(proved_at=bindparam("at"))
    ),
    nothing,
)
_REMOVE = Statement(
    lambda: delete(PROVIDER_DOMAINS).where(
        _D.provider_id == bindparam("provider_id"), _D.domain == bindparam("domain")
    ),
    nothing,
)
_LIVING = (_D.proved_at.is_not(None), _P.disabled_at.is_(None), CUSTOMERS.c.disabled_at.is_(None))
_JOINED = PROVIDER_DOMAINS.join(PROVIDERS, _P.id == _D.provider_id).join(CUSTOMERS, CUSTOMERS.c.id == _P.customer_id)
_HOME = Statement(
    lambda: select(PROVIDERS).select_from(_JOINED).where(_D.domain == bindparam("domain"), *_LIVING), read_provider
)
_PROVED_BY = Statement(
    lambda: select(_D.provider_id).where(_D.domain == bindparam("domain"), _D.proved_at.is_not(None)), ProviderId
)


_PROVED_OF = Statement(
    lambda: (
        select(_D.provider_id)
        .select_from(_JOINED)
        .where(_P.customer_id == bindparam("customer_id"), _D.proved_at.is_not(None))
        .limit(1)
    ),
    ProviderId,
)
_PROVED_COUNTS = Statement(
    lambda: (
        select(_D.provider_id, func.count().label("count"))
        .select_from(_JOINED)
        .where(_P.customer_id == bindparam("customer_id"), _D.proved_at.is_not(None))
        .group_by(_D.provider_id)
    ),
    lambda provider_id, count: (ProviderId(provider_id), int(count)),
)


def _slots() -> list[BindParameter[str]]:
    return [bindparam(f"domain{slot}") for slot in range(_SLOTS)]


_BARS = Statement(
    lambda: (
        select(_P.id)
        .select_from(_JOINED.join(MEMBERSHIPS, _M.customer_id == _P.customer_id))
        .where(_M.user_id == bindparam("user_id"), _D.domain.in_(_slots()), *_LIVING)
        .limit(1)
    ),
    ProviderId,
)


async def add_domain(tx: Writer, row: ProviderDomain) -> bool:
    """False where the provider has it already."""
    return await tx.run(_INSERT, asdict(row)) == 1


async def domains_of(db: Reader, provider_id: ProviderId) -> list[ProviderDomain]:
    return await db.all(_OF, {"provider_id": provider_id})


async def find_domain(db: Reader, provider_id: ProviderId, domain: str) -> ProviderDomain | None:
    return await db.one(_ONE, {"provider_id": provider_id, "domain": domain})


async def proved_by(db: Reader, domain: str) -> ProviderId | None:
    """The provider that proved it, disabled or not."""
    return await db.one(_PROVED_BY, {"domain": domain})


async def prove_domain(tx: Writer, provider_id: ProviderId, domain: str, at: int) -> bool:
    """Raises Conflict where another provider proved it meanwhile."""
    return await tx.run(_PROVE, {"b_provider": provider_id, "b_domain": domain, "at": at}) == 1


async def remove_domain(tx: Writer, provider_id: ProviderId, domain: str) -> bool:
    return await tx.run(_REMOVE, {"provider_id": provider_id, "domain": domain}) == 1


async def has_proved(db: Reader, customer_id: CustomerId) -> bool:
    """True where a provider of the customer, disabled or not, has a proved domain."""
    return await db.one(_PROVED_OF, {"customer_id": customer_id}) is not None


async def count_proved(db: Reader, customer_id: CustomerId) -> dict[ProviderId, int]:
    """By provider of the customer; those without a proved domain are missing."""
    return dict(await db.all(_PROVED_COUNTS, {"customer_id": customer_id}))


async def home_of(db: Reader, domain: str) -> Provider | None:
    """The enabled provider, of an enabled customer, to which this domain leads."""
    return await db.one(_HOME, {"domain": domain})


async def is_led_away(db: Reader, user_id: UserId, domains: Iterable[str]) -> bool:
    """True where one of the domains leads to a provider of a customer in which the person has a place. The same
    statement runs for a person who does not exist."""
    asked = [*dict.fromkeys(domains)][:_SLOTS]
    asked += [""] * (_SLOTS - len(asked))
    params = {f"domain{slot}": domain for slot, domain in enumerate(asked)}
    return await db.one(_BARS, {"user_id": user_id, **params}) is not None
