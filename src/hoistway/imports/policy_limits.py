"""What a policy of API Management limits, and what of it can be carried over to a product
(https://learn.microsoft.com/azure/api-management/api-management-policies)."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from hoistway.imports.policy_text import MOST_ELEMENTS, BadPolicy, Element
from hoistway.imports.seen import short_of
from hoistway.protocol.limits import LONGEST_PERIOD, MOST_CALLS, Limit
from hoistway.protocol.numbers import read_whole

MOST_FRAGMENTS: Final = 64
"""One within the other."""
FOR_LIFE: Final = LONGEST_PERIOD
_NAMED: Final = re.compile(r"\{\{\s*([A-Za-z0-9._-]{1,256})\s*\}\}")
_SECTIONS: Final = ("inbound", "backend", "outbound", "on-error")
_SILENT: Final = frozenset(
    ("base", "include-fragment", "rate-limit", "quota", "rate-limit-by-key", "quota-by-key", *_SECTIONS)
)
_BY_SUBSCRIPTION: Final = re.compile(r"@\(\s*context\.Subscription(?:\?)?\.(?:Id|Key)\s*\)")
_OF_ONE_CALL: Final = frozenset(("choose", "when", "otherwise", "retry", "limit-concurrency"))


class Left(Struct, frozen=True):
    """Something that is not carried over, and why."""

    line: int
    name: str
    because: str


class Found(Struct, frozen=True):
    """`unlimited_by_time` where the quota was for life: the longest window stands for it."""

    rate: Limit | None = None
    quota: Limit | None = None
    left: tuple[Left, ...] = ()


class Texts(Struct, frozen=True):
    """Named values by name (None where secret), and fragments by id."""

    named: Mapping[str, str | None] = {}
    fragments: Mapping[str, Element] = {}


def limits_of(policy: Element, texts: Texts) -> Found:
    """Of one scope. Raises BadPolicy where fragments lead in a circle, or into a chain or a number without end."""
    rate: Limit | None = None
    quota: Limit | None = None
    left: list[Left] = []
    for element, conditional in _met(policy, texts):
        try:
            kind, limit = _limit(element, texts, conditional)
        except _NotCarried as why:
            left.append(Left(element.line, element.name, str(why)))
            continue
        if kind == "rate":
            rate, left = stricter(rate, limit), [*left, *_parts(element)]
        elif kind == "quota":
            quota, left = stricter(quota, limit), [*left, *_parts(element)]
    return Found(rate, quota, tuple(left))


class _NotCarried(Exception):
    """Its text says why."""


def _met(policy: Element, texts: Texts) -> Iterator[tuple[Element, bool]]:
    """Each policy with whether it counts for some calls only; fragments in the place where they are included. Without recursion,
    and everything that is looked at is counted, so that neither chains nor fragments that multiply cost much. Raises BadPolicy."""
    looked = 0
    open_ones: list[tuple[Iterator[Element], tuple[str, ...], bool]] = [(iter(policy.children), (), False)]
    while open_ones:
        children, within, conditional = open_ones[-1]
        child = next(children, None)
        if child is None:
            open_ones.pop()
            continue
        looked += 1
        if looked > MOST_ELEMENTS:
            raise BadPolicy(f"with its fragments it has more than {MOST_ELEMENTS} policies")
        if child.name == "include-fragment":
            name = child.attributes.get("fragment-id", "")
            yield child, conditional
            if (fragment := texts.fragments.get(name)) is not None:
                open_ones.append((iter(fragment.children), _longer(within, name, child.line), conditional))
        elif child.name in _SECTIONS:
            open_ones.append((iter(child.children), within, conditional))
        elif child.name in _OF_ONE_CALL:
            open_ones.append((iter(child.children), within, True))
        else:
            yield child, conditional


def _longer(within: tuple[str, ...], name: str, line: int) -> tuple[str, ...]:
    """Raises BadPolicy."""
    if name in within:
        raise BadPolicy(f"line {line}: the fragment {short_of(name)} includes itself")
    if len(within) >= MOST_FRAGMENTS:
        raise BadPolicy(f"line {line}: more than {MOST_FRAGMENTS} fragments include one another, one after the other")
    return (*within, name)


def _limit(element: Element, texts: Texts, conditional: bool) -> tuple[str, Limit | None]:
    """The kind "rate" or "quota" with its limit, or "" for what means nothing here. Raises _NotCarried."""
    name = element.name
    if name == "base":
        return "", None
    if name == "include-fragment":
        if element.attributes.get("fragment-id", "") in texts.fragments:
            return "", None
        raise _NotCarried(f"the fragment {short_of(element.attributes.get('fragment-id', ''))} is not among the files")
    if name in {"rate-limit-by-key", "quota-by-key"} and not _BY_SUBSCRIPTION.fullmatch(
        element.attributes.get("counter-key", "").strip()
    ):
        raise _NotCarried(
            "it counts by something else than the subscription: products here count by subscription alone"
        )
    if name not in _SILENT:
        raise _NotCarried(
            _REASONS.get(
                name,
                "policies other than limits are not carried over: the gateway stays in front, or the service does it",
            )
        )
    if conditional or "increment-condition" in element.attributes:
        raise _NotCarried("it counts some calls only, by a condition: products here count every call")
    if name.startswith("rate-limit"):
        return "rate", Limit(
            _number(element, "calls", texts, MOST_CALLS), _number(element, "renewal-period", texts, LONGEST_PERIOD)
        )
    return "quota", _quota(element, texts)


def _quota(element: Element, texts: Texts) -> Limit:
    if "calls" not in element.attributes:
        raise _NotCarried("it limits bandwidth alone: products here count calls")
    period = _number(element, "renewal-period", texts, 100 * LONGEST_PERIOD, least=0)
    return Limit(_number(element, "calls", texts, MOST_CALLS), min(period or FOR_LIFE, LONGEST_PERIOD))


def _parts(element: Element) -> Iterator[Left]:
    """What of a limit that was carried is not."""
    period = element.attributes.get("renewal-period", "")
    if element.name.startswith("quota") and (period == "0" or (read_whole(period, 0, 10**12) or 0) > LONGEST_PERIOD):
        yield Left(
            element.line, element.name, "it is for life, or longer than a year: here it begins anew after 366 days"
        )
    if "bandwidth" in element.attributes:
        yield Left(element.line, element.name, "its bandwidth is not carried: products here count calls")
    for child in element.children:
        what = f"its own limit for the {child.name} {short_of(child.attributes.get('name', child.attributes.get('id', '')))}"
        yield Left(child.line, element.name, f"{what} is not carried: make a product of its own for it")


def _number(element: Element, name: str, texts: Texts, most: int, least: int = 1) -> int:
    said = element.attributes.get(name, "")
    for found in _NAMED.findall(said):
        value = texts.named.get(found)
        if value is None:
            raise _NotCarried(
                f"{name} is the named value {found}, which is secret or not among the files: set the limit by hand"
            )
        whole = _NAMED.search(said)
        said = said if whole is None else said[: whole.start()] + value + said[whole.end() :]
    number = read_whole(said.strip(), least, most)
    if number is None:
        what = "an expression" if said.startswith("@") else "no whole number within reason" if said else "missing"
        raise _NotCarried(f"{name} is {what}: set the limit by hand")
    return number


def stricter(one: Limit | None, other: Limit | None) -> Limit | None:
    """Where two count, the one that allows fewer calls a second."""
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda limit: limit.calls / limit.period)


_REASONS: Final = {
    "validate-jwt": "tokens are checked by the Customer API itself, for its own audience and scopes",
    "validate-azure-ad-token": "tokens are checked by the Customer API itself, for its own audience and scopes",
    "check-header": "headers are not checked by a product",
    "ip-filter": "addresses are limited for technical accounts: hoistway service-account",
    "cors": "pages may call from the redirect addresses of their applications: nothing is set by hand",
    "set-backend-service": "the API is this server's own",
    "rewrite-uri": "addresses are this server's own",
    "cache-lookup": "answers are not cached by a gateway",
    "cache-store": "answers are not cached by a gateway",
}
