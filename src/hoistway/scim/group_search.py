"""Which groups a filter means: a customer has few, so each is looked at."""

from collections.abc import Mapping

from hoistway.protocol.scim_filter import BadFilter, Filter, Joined, Negated, Nested, Term, holds, terms_of
from hoistway.store.scim_groups import PushedGroup

_PLAIN = {"id": "id", "displayname": "displayName", "externalid": "externalId"}


def _check_filter(wanted: Filter) -> None:
    if isinstance(wanted, Nested):
        raise BadFilter("groups are searched by id, displayName, externalId, members.value, without brackets")
    if isinstance(wanted, Term):
        if wanted.name in {"members", "members.value"} and wanted.op == "eq":
            return
        if wanted.name not in _PLAIN:
            raise BadFilter(
                f"groups are searched by id, displayName, externalId, members.value, not by {wanted.name[:60]}"
            )
        return
    for part in wanted.parts if isinstance(wanted, Joined) else (wanted.inner,):
        _check_filter(part)


def _without_members(wanted: Filter, groups_with: Mapping[str, frozenset[str]], id: str) -> Filter:
    """Each question for a member becomes one for the id, which is there or not."""
    if isinstance(wanted, Joined):
        return Joined(wanted.word, tuple(_without_members(one, groups_with, id) for one in wanted.parts))
    if isinstance(wanted, Negated):
        return Negated(_without_members(wanted.inner, groups_with, id))
    if isinstance(wanted, Term) and wanted.name.startswith("members"):
        return Term("id", "eq", id if id in groups_with[str(wanted.value)] else "")
    return wanted


def people_asked_for(wanted: Filter) -> frozenset[str]:
    """The ids of people after whom the filter asks as members. Raises BadFilter."""
    _check_filter(wanted)
    return frozenset(str(term.value) for term in terms_of(wanted) if term.name.startswith("members"))


def is_meant(wanted: Filter, group: PushedGroup, groups_with: Mapping[str, frozenset[str]]) -> bool:
    """`groups_with` names the groups of each person that `people_asked_for` returned."""
    named = {"id": group.id, "displayName": group.display_name, "externalId": group.external_id}
    return holds(_without_members(wanted, groups_with, group.id), named)
