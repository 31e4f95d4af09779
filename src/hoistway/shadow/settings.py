"""What the operator says of a shadow: who answers whom, how much is compared, what may differ."""

from typing import Any, Final

import msgspec
from msgspec import Struct

from hoistway.replay.carrying import Which
from hoistway.replay.settings import BadSettings, Ignore

EXAMPLE: Final = """\
# Applications (client ids) and tenants (names or GUIDs) that the other side answers already: one at a time.
switched:
  applications: [00000000-0000-0000-0000-000000000001]
  tenants: [contoso.onmicrosoft.com]
# Paths that are named differently on the new side.
paths:
  /production/api/v1/: /api/v1/
# What may differ: a kind of request (or a path) and a member of the answer; * stands for any part of it.
ignore:
  - {kind: api, at: "items[].lastService"}
"""


class Switched(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom the other side answers."""

    applications: frozenset[str] = frozenset()
    tenants: frozenset[str] = frozenset()


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """The file, which is read again on SIGHUP."""

    switched: Switched = Switched()
    paths: dict[str, str] = {}
    ignore: list[Ignore] = []

    def renamed(self, target: str) -> str:
        """As the new side calls it."""
        for before, after in self.paths.items():
            if target.startswith(before):
                return after + target.removeprefix(before)
        return target


class Wanted(Struct, frozen=True):
    """`old` and `new` are addresses without a slash at the end. `share` of what can be compared is, `rate` a second at the most."""

    old: str
    new: str
    answers: Which
    share: float = 1.0
    rate: int = 20
    seconds: float = 10.0
    strict: bool = False


def read_rules(document: Any) -> Rules:
    """Raises BadSettings."""
    try:
        rules = msgspec.convert(document if document is not None else {}, Rules)
    except msgspec.ValidationError as error:
        raise BadSettings(str(error)) from None
    for path in (*rules.paths, *rules.paths.values()):
        if not path.startswith("/") or not path.isascii():
            raise BadSettings(f"the path {path} must begin with a slash")
    low = frozenset(tenant.lower() for tenant in rules.switched.tenants)
    return msgspec.structs.replace(rules, switched=msgspec.structs.replace(rules.switched, tenants=low))
