"""The operator's people: what each role may do at the console. The role is stored as one of the flags of an account."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

Act = Literal["read", "act_for", "audit", "change"]
"""To see the console; to act for a customer; to read and export the audit trail; to change anything."""

EMPLOYEE: Final = "employee"
OPERATOR: Final = "operator"
MAY: Final[Mapping[str, frozenset[Act]]] = {
    OPERATOR: frozenset({"read", "act_for", "audit", "change"}),
    "support": frozenset({"read", "act_for"}),
    "auditor": frozenset({"read", "audit"}),
}
ROLES: Final = tuple(MAY)
FLAGS: Final = (EMPLOYEE, *ROLES)


def acts_of(flags: Iterable[str]) -> frozenset[Act]:
    return frozenset().union(*(MAY[flag] for flag in flags if flag in MAY))


def may(flags: Iterable[str], act: Act) -> bool:
    return act in acts_of(flags)


def role_of(flags: Sequence[str]) -> str | None:
    """The role that may do most; None for accounts without one."""
    return next((role for role in ROLES if role in flags), None)


def with_role(flags: Sequence[str], role: str | None, *, employee: bool) -> tuple[str, ...]:
    """The flags with this role instead of another, or with none; flags that are no roles stay."""
    kept = [flag for flag in flags if flag not in FLAGS]
    return (*([EMPLOYEE] if employee else []), *([role] if role else []), *kept)


def gives(before: Iterable[str], after: Iterable[str]) -> bool:
    """True where the new flags allow something that the old ones do not: an act, or access to every customer's data."""
    old, new = set(before), set(after)
    return not acts_of(new) <= acts_of(old) or (EMPLOYEE in new and EMPLOYEE not in old)
