"""A code or refresh token that is used again ends what it gave, within the same share of the revocation list as
revoking (https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2, docs/adr/0003-tokens.md).
"""

from hoistway.engine import Engine
from hoistway.protocol.ids import FamilyId
from hoistway.store.clients import Client
from hoistway.store.db import Writer
from hoistway.store.families import revoke_family
from hoistway.store.revocations import add_revocation
from hoistway.tokens.keyring import LONGEST_TOKEN
from hoistway.tokens.revoked import MOST_FAMILIES, Maker


class Replay:
    """One replayed family. Where its account has no more room in the list, the family still ends, and its access tokens
    end by themselves when they expire."""

    def __init__(self, engine: Engine, client: Client, family_id: FamilyId, account_id: str, customer_id: str) -> None:
        maker = Maker(client.id, customer_id, account_id, "refresh", client.customer_id)
        self.family_id, self.made_by = family_id, str(maker)
        self.has_room = engine.revoked.find_full(maker, MOST_FAMILIES) is None

    async def end(self, tx: Writer, now: int, because: str) -> None:
        await revoke_family(tx, self.family_id, now, because)
        if self.has_room:
            await add_revocation(tx, self.family_id, now=now, expires_at=now + LONGEST_TOKEN, made_by=self.made_by)

    def tell(self, engine: Engine, now: int) -> None:
        """Applies it in this process; call it after the commit."""
        if self.has_room:
            engine.revoked.add(self.family_id, now + LONGEST_TOKEN, self.made_by)
