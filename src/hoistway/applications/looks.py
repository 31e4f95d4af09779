"""How an application appears to people: in the sandbox as its owner likes, in production only after an operator has reviewed it."""

from msgspec import Struct
from msgspec.structs import replace

from hoistway.applications.asking import request_of, submit
from hoistway.applications.granting import origins_of
from hoistway.applications.threads import say_about
from hoistway.applications.wish import Wish
from hoistway.engine import Engine
from hoistway.protocol.ids import RequestId, UserId
from hoistway.store.client_logos import ClientLogo, put_logo, remove_logo
from hoistway.store.clients import Client, put_client
from hoistway.store.db import Writer
from hoistway.store.request_looks import RequestLook, add_look, withdraw_looks
from hoistway.web.picture import inline


class Wanted(Struct, frozen=True):
    """New words, or a new logo with its media type. Empty ones remove what is there."""

    words: str | None = None
    logo: bytes | None = None
    logo_type: str = ""

    @property
    def part(self) -> str:
        """A column of store/request_looks."""
        return "logo" if self.words is None else "consent_text"

    @property
    def takes_away(self) -> bool:
        return not self.words and not self.logo


async def wear(engine: Engine, tx: Writer, client: Client, wanted: Wanted) -> bool:
    """Writes it into the locked application; returns False where it looks like that already."""
    if wanted.words is not None:
        if shows(client, wanted):
            return False
        changed = replace(client, consent_text=wanted.words or None)
        await put_client(tx, changed, origins_of(changed))
        return True
    if wanted.logo:
        await put_logo(tx, ClientLogo(client.id, wanted.logo_type, wanted.logo, engine.now()))
        return True
    return await remove_logo(tx, client.id)


def shows(client: Client, wanted: Wanted) -> bool:
    """True where the application already has these words."""
    return wanted.words is not None and wanted.words == (client.consent_text or "")


def must_wait(client: Client, wanted: Wanted) -> bool:
    return client.environment == "production" and not wanted.takes_away


async def drop_waiting(
    engine: Engine, tx: Writer, client: Client, user_id: UserId, wanted: Wanted, correlation_id: str
) -> None:
    """Withdraws open requests about the same part, so that an older wish can't be approved over the newest one."""
    for request_id in await withdraw_looks(tx, client.id, wanted.part, engine.now()):
        await say_about(engine, tx, request_id, user_id, "customer", "withdrawn", "")
        await engine.record(
            tx, "request.withdrawn", actor=user_id, customer_id=client.customer_id, client_id=client.id,
            correlation_id=correlation_id, request=request_id,
        )  # fmt: skip


async def ask_for_look(
    engine: Engine,
    tx: Writer,
    client: Client,
    user_id: UserId,
    wanted: Wanted,
    request_id: RequestId,
    correlation_id: str,
) -> None:
    """Raises Conflict where the same form was sent before, NoRoom."""
    if client.customer_id is None:
        raise TypeError("only applications of customers are reviewed")
    request = request_of(
        Wish("production", client.name, client.type), request_id=request_id, customer_id=client.customer_id,
        user_id=user_id, now=engine.now(), client_id=client.id, kind="look",
    )  # fmt: skip
    await submit(engine, tx, request, None, correlation_id)
    logo_type = wanted.logo_type if wanted.logo else None
    await add_look(tx, RequestLook(request_id, wanted.words, logo_type, wanted.logo or None))


def logo_of(look: RequestLook | None) -> str | None:
    """For a page: the address of the picture that is asked for."""
    if look is None or look.logo is None or look.logo_type is None:
        return None
    return inline(look.logo_type, look.logo)
