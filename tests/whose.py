"""Of which customer an entry of the audit trail must be, judged by the rows of the database beside it."""

import json
from collections.abc import Iterator

from hoistway.store.audit import AUDIT
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.unit_access import UNIT_ACCESS
from tests.attacks.overtaken import World

OWNED = ("clients", "service_accounts", "subscriptions", "providers", "scim_tokens", "requests", "links")
"""Tables whose rows belong to one customer."""
OWN = (
    "membership.", "invitation.", "provider.", "scim.", "service_account.", "application.", "secret.", "subscription.", "unit.",
)  # fmt: skip
"""How events of a customer's things begin."""
TOLD_TO_NOBODY = ("change.", "user.role_changed", "user.erased", "session.", "act_for.", "mail.", "site.")
"""What waits for a second operator is the operator's own matter until it is done, and so are roles of its people. Who was erased
belongs to nobody. What people do themselves is no matter of a customer."""


def _columns(name: str, world: World) -> Iterator[dict[str, object]]:
    names = AUDIT.metadata.tables[name].columns.keys()
    return (dict(zip(names, row, strict=True)) for row in world[name].values())


def owners(world: World) -> dict[str, set[str]]:
    """Which customers each id belongs to."""
    found: dict[str, set[str]] = {}
    for name in OWNED:
        for row in _columns(name, world):
            if row["customer_id"] is not None:
                found.setdefault(str(row["id"]), set()).add(str(row["customer_id"]))
    for table, column in ((MEMBERSHIPS.name, "user_id"), (UNIT_ACCESS.name, "unit_id")):
        for row in _columns(table, world):
            found.setdefault(str(row[column]), set()).add(str(row["customer_id"]))
    for row in _columns("customers", world):
        found[str(row["id"])] = {str(row["id"])}
    return found


def missed(before: World, after: World) -> list[str]:
    """The entries that were added between the two and do not say their customer, or say another one."""
    was, now, wrong = owners(before), owners(after), list[str]()
    for entry in _columns("audit", after):
        if (entry["id"],) in before["audit"] or str(entry["event"]).startswith(TOLD_TO_NOBODY):
            continue
        detail, event = json.loads(str(entry["detail"])), str(entry["event"])
        noun = event.partition(".")[0]
        names = ("user",) if noun in {"membership", "consent"} else ("id", "client", "unit", "request", "invitation")
        ids = {str(detail[name]) for name in names if name in detail} | {str(entry["client_id"])}
        if noun in {"user", "factors"} and (entry["actor"] in {None, *ids} or detail.get("by") == "role"):
            continue
        allowed = set[str]()
        for one in ids:
            allowed |= was.get(one, set()) | now.get(one, set())
        alone = all(len(now.get(one, set()) or was.get(one, set())) < 2 for one in ids)
        if "customer" in detail:
            allowed, alone = {str(detail["customer"])}, True
        said = entry["customer_id"]
        told = said in allowed if alone else noun != "user" or said is None
        if allowed and not told:
            wrong.append(f"{event} of {sorted(allowed)} says {said}: {detail}")
    return wrong
