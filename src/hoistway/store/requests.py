"""Requests of customers for a new application, for new addresses, or for a new appearance of one, until they are decided."""

from typing import Literal

from msgspec import Struct
from sqlalchemy import Index, Table, bindparam, func, null, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from hoistway.protocol.ids import ClientId, CustomerId, RequestId, ServiceAccountId, UserId
from hoistway.protocol.sandbox import Environment
from hoistway.store.columns import (
    at,
    from_list,
    insert_all,
    key,
    optional_at,
    optional_text,
    reference,
    text,
    to_list,
)
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

REQUESTS = Table(
    "requests",
    METADATA,
    key(),
    reference("customer_id", "customers.id"),
    text("requested_by"),
    text("kind"),
    text("name"),
    text("type"),
    text("redirect_uris"),
    text("purpose"),
    text("flows"),
    text("reason"),
    text("environment"),
    text("state"),
    optional_text("client_id"),
    at("created_at"),
    at("changed_at"),
    optional_at("decided_at"),
    optional_text("decided_by"),
    optional_text("second_by"),
    optional_at("legacy_until"),
    text("post_logout_uris"),
    optional_text("service_account_id"),
    Index("ix_requests_customer", "customer_id", "state", "created_at", "id"),
    Index("ix_requests_state", "state", "created_at", "id"),
    Index("ix_requests_client", "client_id"),
)

Kind = Literal["application", "redirects", "look"]
State = Literal["submitted", "asked", "approved", "rejected", "withdrawn"]
OPEN: tuple[State, ...] = ("submitted", "asked")


class Request(Struct, frozen=True):
    """`flows` are "code", "client_credentials", "implicit", "password"; `reason` says why the last two are needed.
    `client_id` is the application that was made for the request, or the one whose addresses or appearance
    (store/request_looks) are to change. A submitted request that has `decided_by` was approved once and waits for a
    second operator. `service_account_id` is the technical account of the customer that a daemon is to use; it gets a new
    one without it."""

    id: RequestId
    customer_id: CustomerId
    requested_by: UserId
    kind: Kind
    name: str
    type: str
    redirect_uris: tuple[str, ...]
    purpose: str
    flows: tuple[str, ...]
    reason: str
    environment: Environment
    state: State
    client_id: ClientId | None
    created_at: int
    changed_at: int
    decided_at: int | None = None
    decided_by: UserId | None = None
    second_by: UserId | None = None
    legacy_until: int | None = None
    post_logout_uris: tuple[str, ...] = ()
    service_account_id: ServiceAccountId | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def legacy_flows(self) -> tuple[str, ...]:
        return tuple(flow for flow in self.flows if flow in {"implicit", "password"})


def request_row(*columns: object) -> Request:
    """Takes the columns in the order of the table."""
    row = list(columns)
    row[6], row[8], row[19] = from_list(str(row[6])), from_list(str(row[8])), from_list(str(row[19]))
    return Request(*row)  # type: ignore[arg-type]


_R = REQUESTS.c


def in_states(*states: str) -> ColumnElement[bool]:
    """A condition whose SQL text does not depend on the request."""
    return or_(*(_R.state == state for state in states))


UNDECIDED = {"decided_at": null(), "decided_by": null(), "second_by": null(), "legacy_until": null()}
_INSERT = Statement(lambda: insert_all(REQUESTS), nothing)
_FIND = Statement(lambda: select(REQUESTS).where(_R.id == bindparam("id")), request_row)
_LOCK = Statement(lambda: select(REQUESTS).where(_R.id == bindparam("id")).with_for_update(key_share=True), request_row)
_OF_CUSTOMER = Statement(
    lambda: select(REQUESTS).where(_R.id == bindparam("id"), _R.customer_id == bindparam("customer_id")), request_row
)
_FORGET = Statement(lambda: update(REQUESTS).where(_R.id == bindparam("b_id")).values(**UNDECIDED), nothing)
_COUNT_OPEN = Statement(
    lambda: select(func.count()).where(_R.customer_id == bindparam("customer_id"), in_states(*OPEN)), int
)


def _change(*conditions: ColumnElement[bool], **values: object) -> Statement[Request]:
    """Moves an open request to another state in one statement, so that of several operators one is first."""
    return Statement(
        lambda: (
            update(REQUESTS)
            .where(_R.id == bindparam("b_id"), in_states(*OPEN), *conditions)
            .values(changed_at=bindparam("now"), **values)
            .returning(*REQUESTS.columns)
        ),
        request_row,
    )


_THEIRS = _R.customer_id == bindparam("b_customer")
_BY = {"decided_at": bindparam("now"), "decided_by": bindparam("operator"), "second_by": null()}
_ANSWER = _change(_THEIRS, state="submitted")
_WITHDRAW = _change(_THEIRS, state="withdrawn")
_ASK = _change(state="asked", **UNDECIDED)
_REJECT = _change(state="rejected", **_BY)
_APPROVE = _change(state="approved", client_id=bindparam("client"), legacy_until=bindparam("until"), **_BY)
_APPROVE_FIRST = _change(
    _R.decided_by.is_(None),
    _R.requested_by != bindparam("operator"),
    state="submitted",
    legacy_until=bindparam("until"),
    **_BY,
)
_CONFIRM = _change(
    _R.decided_by != bindparam("operator"),
    _R.requested_by != bindparam("operator"),
    state="approved",
    second_by=bindparam("operator"),
    client_id=bindparam("client"),
)


async def add_request(tx: Writer, request: Request) -> None:
    """Raises Conflict where the id is taken."""
    row = {name: getattr(request, name) for name in request.__struct_fields__}
    lists = {name: to_list(getattr(request, name)) for name in ("redirect_uris", "flows", "post_logout_uris")}
    await tx.run(_INSERT, row | lists)


async def find_request(db: Reader, request_id: RequestId) -> Request | None:
    """For operators."""
    return await db.one(_FIND, {"id": request_id})


async def lock_request(tx: Writer, request_id: RequestId) -> Request | None:
    """Like `find_request`, and locks the row: nobody else can change it until this transaction ends."""
    return await tx.one(_LOCK, {"id": request_id})


async def find_request_of(db: Reader, customer_id: CustomerId, request_id: RequestId) -> Request | None:
    """Returns None for a request of another customer, too."""
    return await db.one(_OF_CUSTOMER, {"id": request_id, "customer_id": customer_id})


async def forget_first_approval(tx: Writer, request_id: RequestId) -> None:
    """Withdraws the first approval: the request waits for one again."""
    await tx.run(_FORGET, {"b_id": request_id})


async def count_open_requests(db: Reader, customer_id: CustomerId) -> int:
    return await db.one(_COUNT_OPEN, {"customer_id": customer_id}) or 0


async def answer_request(tx: Writer, customer_id: CustomerId, request_id: RequestId, now: int) -> Request | None:
    """The customer answered, so the operator is next. Returns None where the request is not open; so do the functions
    below."""
    return await tx.one(_ANSWER, {"b_id": request_id, "b_customer": customer_id, "now": now})


async def withdraw_request(tx: Writer, customer_id: CustomerId, request_id: RequestId, now: int) -> Request | None:
    return await tx.one(_WITHDRAW, {"b_id": request_id, "b_customer": customer_id, "now": now})


async def ask_about_request(tx: Writer, request_id: RequestId, now: int) -> Request | None:
    """The operator asked something, so the customer is next. A first approval is withdrawn."""
    return await tx.one(_ASK, {"b_id": request_id, "now": now})


async def reject_request(tx: Writer, request_id: RequestId, operator: UserId, now: int) -> Request | None:
    return await tx.one(_REJECT, {"b_id": request_id, "operator": operator, "now": now})


async def approve_request(
    tx: Writer, request_id: RequestId, operator: UserId, now: int, *, client_id: ClientId, until: int | None
) -> Request | None:
    """Approved by one operator alone. `until` is when the legacy flows that it gives end."""
    values = {"b_id": request_id, "operator": operator, "now": now, "client": client_id, "until": until}
    return await tx.one(_APPROVE, values)


async def approve_request_first(
    tx: Writer, request_id: RequestId, operator: UserId, now: int, *, until: int | None
) -> Request | None:
    """The first of two approvals. Also returns None where somebody approved before, or where this operator made the
    request."""
    return await tx.one(_APPROVE_FIRST, {"b_id": request_id, "operator": operator, "now": now, "until": until})


async def confirm_request(
    tx: Writer, request_id: RequestId, operator: UserId, now: int, *, client_id: ClientId
) -> Request | None:
    """The second of two approvals. Also returns None where nobody approved before, or the same operator did."""
    return await tx.one(_CONFIRM, {"b_id": request_id, "operator": operator, "now": now, "client": client_id})
