"""A server of a test's own with a clock that it turns, and what its audit trail says."""

import json
from typing import NamedTuple

from hoistway.store.audit import latest_entries
from hoistway.store.db import Database
from tests.portal.signing_in import Visitor
from tests.server import Clock, Served
from tests.store.test_schema import on


class House(NamedTuple):
    served: Served
    clock: Clock

    def opened(self, name: str, lang: str = "en") -> Visitor:
        """Signed in to the portal."""
        return Visitor(self.served.url, lang).sign_in(name)

    def entries(self, event: str) -> list[tuple[str | None, str | None, dict[str, object]]]:
        """(actor, customer, detail), newest first."""

        async def work(db: Database) -> list[tuple[str | None, str | None, dict[str, object]]]:
            return [(row.actor, row.customer_id, json.loads(row.detail)) for row in await latest_entries(db, event)]

        return on(self.served.database, work)
