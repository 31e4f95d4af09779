"""Which limits count for a product's subscriptions: the policies of a call are a stack, each of which reaches the next by `<base />`
(https://learn.microsoft.com/azure/api-management/api-management-howto-policies)."""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from hoistway.imports.apim_records import Parts
from hoistway.imports.apim_service import Named, Service
from hoistway.imports.policy_limits import Found, Texts, limits_of, stricter
from hoistway.imports.policy_text import BadPolicy, Element, read_policy
from hoistway.imports.seen import short_of
from hoistway.protocol.limits import Limit

MOST_TOLD: Final = 100
WHOLE: Final[Parts] = ()


class Allowed(Struct, frozen=True):
    """`told` are sentences about what of the policies is not carried."""

    rate: Limit | None
    quota: Limit | None
    told: tuple[str, ...] = ()


class Policies:
    """Each is read once."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._texts: Texts | None = None
        self._found: dict[Parts, tuple[Found, bool] | BadPolicy] = {}

    def _known(self) -> Texts:
        if self._texts is None:
            read: dict[str, Element] = {}
            for name, one in self._service.fragments.items():
                try:
                    read[name] = read_policy(one.said)
                except BadPolicy as error:
                    self._service.refuse(one.file, one.line, one.parts, f"the fragment can't be read: {error}")
            self._texts = Texts(self._service.named, read)
        return self._texts

    def read_fragments(self) -> None:
        """So that what is wrong with them is told in any case."""
        self._known()

    def of(self, scope: Parts) -> tuple[Found, bool]:
        """What the policy of a scope limits, and whether it goes on to the next scope. Raises BadPolicy."""
        if scope not in self._found:
            self._found[scope] = self._read(scope)
        found = self._found[scope]
        if isinstance(found, BadPolicy):
            raise found
        return found

    def _read(self, scope: Parts) -> tuple[Found, bool] | BadPolicy:
        one = self._service.policies.get(scope)
        if one is None:
            return Found(), True
        try:
            policy = read_policy(one.said)
            inbound = [child for child in policy.children if child.name == "inbound"]
            goes_on = not inbound or any(child.of_name("base") for child in inbound)
            return limits_of(policy, self._known()), goes_on
        except BadPolicy as error:
            return BadPolicy(f"the policy {one.file} can't be read: {error}; mend it, or take it away")

    def told(self, scope: Parts) -> Iterator[str]:
        """What of one scope's policy is not carried. Raises BadPolicy."""
        left, one = self.of(scope)[0].left, self._service.policies.get(scope)
        if one is None:
            return
        where = one.file if one.line == 0 else f"{one.file}, line {one.line}, in its policy"
        if scope == WHOLE:
            # The report's own place has the file.
            where = "in its policy"
        for part in left[:MOST_TOLD]:
            yield f"{where}, line {part.line}, {short_of(part.name)}: {part.because}"
        if len(left) > MOST_TOLD:
            yield f"{where}: {len(left) - MOST_TOLD} more policies are not carried over"

    def allowed(self, scopes: Sequence[Parts]) -> Allowed:
        """Of a stack, the innermost first. Raises BadPolicy."""
        rate: Limit | None = None
        quota: Limit | None = None
        for scope in scopes:
            found, goes_on = self.of(scope)
            rate, quota = stricter(rate, found.rate), stricter(quota, found.quota)
            if not goes_on:
                break
        return Allowed(rate, quota)

    def of_product(self, product: Named, key: str, apis: Sequence[str]) -> Allowed:
        """Raises BadPolicy."""
        own: Parts = ("products", key)
        single = [("apis", apis[0])] if len(apis) == 1 else []
        allowed = self.allowed([*single, own, WHOLE])
        told = list(self.told(own))
        for api in apis if len(apis) > 1 else ():
            found, goes_on = self.of(("apis", api))
            if found.rate or found.quota:
                told.append(
                    f"the limit of the API {short_of(api)} counts for that API alone, and is not carried: make a product of its own for it"
                )
            if not goes_on:
                told.append(
                    f"calls of the API {short_of(api)} were not limited by the product, as its policy has no base: here they are"
                )
        return Allowed(allowed.rate, allowed.quota, tuple(told[: 2 * MOST_TOLD]))

    def of_api(self, api: str) -> Iterator[str]:
        """What of the policies of an API and its operations is not carried. Raises BadPolicy."""
        yield from self.told(("apis", api))
        operations = [one for one in self._service.policies if len(one) == 4 and one[:2] == ("apis", api)]
        for scope in operations[:MOST_TOLD]:
            found, _ = self.of(scope)
            if found.rate or found.quota:
                yield f"the limit of its operation {short_of(scope[3])} is not carried: here a product's limit counts for all of its calls"
            yield from self.told(scope)
