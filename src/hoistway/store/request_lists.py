"""Lists of requests: a customer's own, the operators' queue, those of one application."""

from functools import partial

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.sql.expression import Executable

from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.store.customers import CUSTOMERS
from hoistway.store.db import Reader, Statement
from hoistway.store.requests import OPEN, REQUESTS, Request, State, in_states, request_row
from hoistway.store.users import USERS

_R = REQUESTS.c
FILTERS = ("open", "confirm", "asked", "approved", "rejected", "withdrawn")


class QueuedRequest(Struct, frozen=True):
    request: Request
    customer_name: str
    requester: str | None


def _queued(*columns: object) -> QueuedRequest:
    *row, customer_name, requester = columns
    return QueuedRequest(request_row(*row), str(customer_name), None if requester is None else str(requester))


def _older() -> ColumnElement[bool]:
    return or_(
        _R.created_at < bindparam("created_at"),
        and_(_R.created_at == bindparam("created_at"), _R.id < bindparam("id")),
    )


def _of_customer(*states: State) -> Statement[Request]:
    return Statement(
        lambda: (
            select(REQUESTS)
            .where(_R.customer_id == bindparam("customer_id"), in_states(*states), _older())
            .order_by(_R.created_at.desc(), _R.id.desc())
            .limit(bindparam("most"))
        ),
        request_row,
    )


def _queue(name: str) -> Executable:
    """The oldest first where something is to be done, the newest first where it is decided."""
    names = REQUESTS.join(CUSTOMERS, CUSTOMERS.c.id == _R.customer_id).outerjoin(USERS, USERS.c.id == _R.requested_by)
    clause: Select[tuple[object, ...]] = select(*REQUESTS.columns, CUSTOMERS.c.name, USERS.c.name).select_from(names)
    states = {"open": ("submitted",), "confirm": ("submitted",)}.get(name, (name,))
    clause = clause.where(in_states(*states))
    if name == "confirm":
        clause = clause.where(_R.decided_by.is_not(None))
    if name in {"open", "confirm", "asked"}:
        later = and_(_R.created_at == bindparam("created_at"), _R.id > bindparam("id"))
        clause = clause.where(or_(_R.created_at > bindparam("created_at"), later)).order_by(_R.created_at, _R.id)
    else:
        clause = clause.where(_older()).order_by(_R.created_at.desc(), _R.id.desc())
    return clause.limit(bindparam("most"))


_OPEN = _of_customer(*OPEN)
_CLOSED = _of_customer("rejected", "withdrawn")
_QUEUES = {name: Statement(partial(_queue, name), _queued) for name in FILTERS}
_OF_CLIENT = Statement(
    lambda: (
        select(REQUESTS)
        .where(_R.client_id == bindparam("client_id"), _R.customer_id == bindparam("customer_id"))
        .order_by(_R.created_at.desc(), _R.id.desc())
        .limit(20)
    ),
    request_row,
)
_COUNTS = Statement(
    lambda: select(_R.state, func.count()).where(in_states(*OPEN)).group_by(_R.state),
    lambda state, count: (state, count),
)


async def page_of_requests(
    db: Reader, customer_id: CustomerId, *, is_open: bool, before: tuple[int, str], most: int
) -> list[Request]:
    """A customer's requests that are older than `before`, the newest first: either the open and approved ones, or the
    rejected and withdrawn ones."""
    values = {"customer_id": customer_id, "created_at": before[0], "id": before[1], "most": most}
    return await db.all(_OPEN if is_open else _CLOSED, values)


async def queued_requests(db: Reader, name: str, *, after: tuple[int, str], most: int) -> list[QueuedRequest]:
    """For operators. `name` is one of FILTERS, `after` the time of creation and id of the last request on the page
    before."""
    return await db.all(_QUEUES[name], {"created_at": after[0], "id": after[1], "most": most})


async def requests_for_client(db: Reader, customer_id: CustomerId, client_id: ClientId) -> list[Request]:
    """The requests about one application of the customer, the newest first; at most 20."""
    return await db.all(_OF_CLIENT, {"client_id": client_id, "customer_id": customer_id})


async def count_queue(db: Reader) -> dict[str, int]:
    """How many wait, by state: "submitted" waits for operators, "asked" for customers."""
    return dict(await db.all(_COUNTS, {}))
