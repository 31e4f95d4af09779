"""hoistway legacy."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from msgspec.structs import asdict

from hoistway import clock
from hoistway.applications.legacy import DAYS, FLOWS, find_notices
from hoistway.commands.context import USAGE, AsJson, fail, with_database
from hoistway.commands.nouns import Most, noun, verb, whole
from hoistway.commands.tables import show
from hoistway.settings import DAY
from hoistway.store.address_uses import address_uses

LEGACY = noun("Legacy flows: the password grant, the implicit flow and B2C-shaped addresses.")
COLUMNS = ("customer", "username", "application", "flow", "uses", "last_used_at", "tell")
ADDRESS_COLUMNS = ("application", "client_id", "owner", "address", "uses", "last_used_at")
MOST_DAYS = 400
Days = Annotated[
    int, typer.Option(help=f"Uses of the last days, 1 to {MOST_DAYS}.", metavar="NUMBER", parser=whole(1, MOST_DAYS))
]


@verb(LEGACY, "list", "List who uses a legacy flow, those with the most uses first, and who is to be told.")
def list_users(
    flow: Annotated[str | None, typer.Option(help=f"{' or '.join(FLOWS)}; both without it.")] = None,
    days: Days = DAYS,
    most: Most = 100,
    as_json: AsJson = False,
) -> None:
    if flow is not None and flow not in FLOWS:
        fail(f"--flow must be {' or '.join(FLOWS)}", USAGE)
    notices = with_database(lambda db: find_notices(db, clock.now(), flow=flow, days=days, most=most))
    rows = [
        asdict(notice.user)
        | {
            "tell": [
                asdict(one) if as_json else f"{one.name} <{one.email}>" if one.email else one.name
                for one in notice.tell
            ]
        }
        for notice in notices
    ]
    show(rows, as_json, COLUMNS)


@verb(LEGACY, "addresses", "List which applications still call B2C-shaped addresses, those with the most uses first.")
def list_addresses(days: Days = DAYS, most: Most = 100, as_json: AsJson = False) -> None:
    since = datetime.fromtimestamp(clock.now() - days * DAY, UTC).date().isoformat()
    show([asdict(one) for one in with_database(lambda db: address_uses(db, since, most))], as_json, ADDRESS_COLUMNS)
