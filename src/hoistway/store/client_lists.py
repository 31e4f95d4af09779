"""Lists of applications: those of a customer, newest first, and those with a name that could be confused with another."""

from msgspec import Struct
from sqlalchemy import and_, bindparam, func, or_, select

from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.protocol.likeness import skeleton
from hoistway.store.client_uses import CLIENT_USES
from hoistway.store.clients import CLIENTS, Client, client_row
from hoistway.store.columns import from_list, to_json
from hoistway.store.db import Reader, Statement, Writer

_C = CLIENTS.c


class UsedClient(Struct, frozen=True):
    client: Client
    last_used_at: int | None


def _used(*columns: object) -> UsedClient:
    *row, last_used_at = columns
    return UsedClient(client_row(*row), last_used_at)  # type: ignore[arg-type]


_PAGE = Statement(
    lambda: (
        select(CLIENTS, CLIENT_USES.c.last_used_at)
        .select_from(CLIENTS.outerjoin(CLIENT_USES, CLIENT_USES.c.client_id == _C.id))
        .where(
            _C.customer_id == bindparam("customer_id"),
            or_(
                _C.created_at < bindparam("created_at"),
                and_(_C.created_at == bindparam("created_at"), _C.id < bindparam("id")),
            ),
        )
        .order_by(_C.created_at.desc(), _C.id.desc())
        .limit(bindparam("most"))
    ),
    _used,
)
_OF_CUSTOMER = Statement(
    lambda: select(CLIENTS).where(_C.id == bindparam("id"), _C.customer_id == bindparam("customer_id")), client_row
)
_LOCK = Statement(
    lambda: (
        select(CLIENTS)
        .where(_C.id == bindparam("id"), _C.customer_id == bindparam("customer_id"))
        .with_for_update(key_share=True)
    ),
    client_row,
)
_LOCK_ANY = Statement(
    lambda: select(CLIENTS).where(_C.id == bindparam("id")).with_for_update(key_share=True), client_row
)
_NAMED_ALIKE = Statement(
    lambda: (
        select(_C.name)
        .where(
            _C.name_key == bindparam("name_key"),
            or_(_C.customer_id.is_(None), _C.customer_id != bindparam("customer_id")),
            _C.disabled_at.is_(None),
        )
        .limit(5)
    ),
    str,
)


_WITH_SCOPE = Statement(
    lambda: select(_C.id, _C.scopes).where(_C.scopes.like(bindparam("like"))).order_by(_C.id).limit(1_000),
    lambda id, scopes: (ClientId(id), from_list(scopes)),
)
_IN_SANDBOX = Statement(
    lambda: select(func.count()).where(
        _C.customer_id == bindparam("customer_id"), _C.environment == "sandbox", _C.disabled_at.is_(None)
    ),
    int,
)
_ADDRESSES = Statement(
    lambda: (
        select(_C.redirect_uris)
        .where(_C.customer_id == bindparam("customer_id"), _C.environment == "production", _C.disabled_at.is_(None))
        .order_by(_C.created_at.desc(), _C.id.desc())
        .limit(200)
    ),
    from_list,
)


async def page_of_clients(
    db: Reader, customer_id: CustomerId, *, before: tuple[int, str], most: int
) -> list[UsedClient]:
    """A customer's applications that are older than `before` (time of creation and id), the newest first; disabled ones
    included."""
    created_at, client_id = before
    return await db.all(_PAGE, {"customer_id": customer_id, "created_at": created_at, "id": client_id, "most": most})


async def find_client_of(db: Reader, customer_id: CustomerId, client_id: ClientId) -> Client | None:
    """Returns None for an application of another customer, too."""
    return await db.one(_OF_CUSTOMER, {"id": client_id, "customer_id": customer_id})


async def lock_client_of(tx: Writer, customer_id: CustomerId, client_id: ClientId) -> Client | None:
    """Like `find_client_of`, and locks the row: other changes of it wait until this transaction ends."""
    return await tx.one(_LOCK, {"id": client_id, "customer_id": customer_id})


async def lock_client(tx: Writer, client_id: ClientId) -> Client | None:
    """Like `lock_client_of`, whichever customer owns it; for operators."""
    return await tx.one(_LOCK_ANY, {"id": client_id})


async def names_alike(db: Reader, customer_id: CustomerId, name: str) -> list[str]:
    """Names of other owners' living applications that a person could mistake for this one; at most 5."""
    return await db.all(_NAMED_ALIKE, {"name_key": skeleton(name), "customer_id": customer_id})


async def clients_with_scope(db: Reader, scope: str) -> list[ClientId]:
    """The applications that may ask for a scope of this name, disabled ones included."""
    found = await db.all(_WITH_SCOPE, {"like": f"%{to_json(scope)}%"})
    return [client_id for client_id, scopes in found if scope in scopes]


async def count_in_sandbox(db: Reader, customer_id: CustomerId) -> int:
    """Counts the living ones."""
    return await db.one(_IN_SANDBOX, {"customer_id": customer_id}) or 0


async def registered_addresses(db: Reader, customer_id: CustomerId) -> list[str]:
    """The redirect addresses of the customer's living applications in production; only the newest 200 applications are
    read."""
    return [uri for uris in await db.all(_ADDRESSES, {"customer_id": customer_id}) for uri in uris]
