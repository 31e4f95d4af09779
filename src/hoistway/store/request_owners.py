"""What becomes of the requests about an application that gets another owner."""

from sqlalchemy import bindparam, update

from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.requests import OPEN, REQUESTS, UNDECIDED, in_states

_R = REQUESTS.c
_GIVE = Statement(
    lambda: (
        update(REQUESTS)
        .where(_R.client_id == bindparam("b_client"), _R.customer_id == bindparam("former"))
        .values(customer_id=bindparam("owner"))
    ),
    nothing,
)
_LAPSE = Statement(
    lambda: (
        update(REQUESTS)
        .where(_R.client_id == bindparam("b_client"), _R.customer_id == bindparam("former"), in_states(*OPEN))
        .values(**UNDECIDED)
    ),
    nothing,
)
_END_OTHERS = Statement(
    lambda: (
        update(REQUESTS)
        .where(_R.client_id == bindparam("b_client"), _R.customer_id != bindparam("former"), in_states(*OPEN))
        .values(state="withdrawn", changed_at=bindparam("now"), **UNDECIDED)
    ),
    nothing,
)
_END = Statement(
    lambda: (
        update(REQUESTS)
        .where(_R.client_id == bindparam("b_client"), in_states(*OPEN))
        .values(state="withdrawn", changed_at=bindparam("now"), **UNDECIDED)
    ),
    nothing,
)


async def give_requests(tx: Writer, client_id: ClientId, former: CustomerId, owner: CustomerId, now: int) -> None:
    """Moves the former owner's requests about an application to its new owner, which may read what was written in them. First
    approvals are withdrawn, because they were given to the former owner. Requests of those who owned it earlier stay with
    them; what is open of these is withdrawn."""
    ids = {"b_client": client_id, "former": former}
    await tx.run(_END_OTHERS, {**ids, "now": now})
    await tx.run(_LAPSE, ids)
    await tx.run(_GIVE, {**ids, "owner": owner})


async def withdraw_requests(tx: Writer, client_id: ClientId, now: int) -> None:
    """Of whoever owned the application until now, and keeps them."""
    await tx.run(_END, {"b_client": client_id, "now": now})
