"""Which flows an application is allowed: one list of words for what is stored as grants and response types. The same at the
console and at the command line.
"""

from collections.abc import Collection, Sequence
from typing import Final

FLOWS: Final = ("authorization_code", "refresh_token", "client_credentials", "password", "implicit")
"""The last two work only while a dated exception of their name lasts."""
IMPLICIT: Final = ("token", "id_token", "id_token token")
_OF_PEOPLE: Final = frozenset({"authorization_code", "implicit"})


class FlowRefused(ValueError):
    """`because` ends a key of the words, `flows_…`. Nothing was written."""

    def __init__(self, because: str, text: str) -> None:
        self.because = because
        super().__init__(text)


def flows_of(grants: Collection[str], response_types: Collection[str]) -> tuple[str, ...]:
    """In the order of FLOWS."""
    implicit = "implicit" in grants or any(one in IMPLICIT for one in response_types)
    return tuple(flow for flow in FLOWS if flow in grants or (flow == "implicit" and implicit))


def check_flows(kind: str, flows: Collection[str]) -> None:
    """`kind` is the application's type. Raises FlowRefused."""
    if not flows or not set(flows) <= set(FLOWS):
        raise FlowRefused("none", f"an application needs a flow: one of {', '.join(FLOWS)}")
    if kind == "daemon" and _OF_PEOPLE & set(flows):
        raise FlowRefused("people", "nobody signs in to a daemon: it has no flow of people")
    if kind != "daemon" and "client_credentials" in flows:
        raise FlowRefused("daemon", "client_credentials is for daemons: people sign in to other applications")
    if "refresh_token" in flows and not {"authorization_code", "password"} & set(flows):
        raise FlowRefused("refresh", "refresh_token goes on with what authorization_code or password began: add one")


def stored_flows(
    grants: Sequence[str], response_types: Sequence[str], flows: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """The two columns with these flows; what stays keeps its place, and its response types."""
    kept = tuple(grant for grant in grants if grant in flows)
    new = tuple(flow for flow in FLOWS if flow in flows and flow not in kept and flow != "implicit")
    implicit = tuple(one for one in response_types if one in IMPLICIT) or IMPLICIT
    code = ("code",) if "authorization_code" in flows else ()
    return {"grants": (*kept, *new), "response_types": (*code, *(implicit if "implicit" in flows else ()))}
