"""What a request of the kind "look" wants to change of an application's appearance: its owner's words, its logo, or both."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, LargeBinary, Table, bindparam, select, update

from hoistway.protocol.ids import ClientId, RequestId
from hoistway.store.columns import insert_all, optional_text, reference
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.requests import OPEN, REQUESTS, in_states
from hoistway.store.schema import METADATA

REQUEST_LOOKS = Table(
    "request_looks",
    METADATA,
    reference("request_id", "requests.id", primary_key=True),
    optional_text("consent_text"),
    optional_text("logo_type"),
    Column("logo", LargeBinary, nullable=True),
)


class RequestLook(Struct, frozen=True):
    """None means that this part stays as it is."""

    request_id: RequestId
    consent_text: str | None = None
    logo_type: str | None = None
    logo: bytes | None = None


_L, _R = REQUEST_LOOKS.c, REQUESTS.c
_INSERT = Statement(lambda: insert_all(REQUEST_LOOKS), nothing)
_FIND = Statement(lambda: select(REQUEST_LOOKS).where(_L.request_id == bindparam("id")), RequestLook)


def _withdraw(has: Column[str]) -> Statement[RequestId]:
    return Statement(
        lambda: (
            update(REQUESTS)
            .where(
                _R.client_id == bindparam("b_client"),
                _R.kind == "look",
                in_states(*OPEN),
                _R.id.in_(select(_L.request_id).where(has.is_not(None))),
            )
            .values(state="withdrawn", changed_at=bindparam("now"))
            .returning(_R.id)
        ),
        RequestId,
    )


_WITHDRAW = {"consent_text": _withdraw(_L.consent_text), "logo": _withdraw(_L.logo_type)}


async def add_look(tx: Writer, look: RequestLook) -> None:
    await tx.run(_INSERT, asdict(look))


async def find_look(db: Reader, request_id: RequestId) -> RequestLook | None:
    return await db.one(_FIND, {"id": request_id})


async def withdraw_looks(tx: Writer, client_id: ClientId, part: str, now: int) -> list[RequestId]:
    """Withdraws older open requests about the same part ("consent_text" or "logo") of an application: only the newest
    one counts."""
    return await tx.all(_WITHDRAW[part], {"b_client": client_id, "now": now})
