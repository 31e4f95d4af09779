"""How often one address may do what costs this process something, in memory alone: a guard, no count that anybody is told."""

from typing import Final

from hoistway.protocol.addresses import network_of

MINUTE: Final = 60
MOST_CALLERS: Final = 10_000
"""Beyond these the oldest are forgotten."""


class Callers:
    """`most` within some seconds of each address, or of each /64 of IPv6, or of what is no address."""

    def __init__(self, most: int, within: int = MINUTE) -> None:
        self._most, self._within = most, within
        self._seen: dict[str, tuple[int, int]] = {}

    def may(self, address: str, now: int) -> bool:
        """Counts the call, unless it is refused."""
        network = network_of(address) or address
        began, count = self._seen.get(network, (now, 0))
        if not began <= now < began + self._within:
            began, count = now, 0
        if count >= self._most:
            return False
        self._seen.pop(network, None)
        self._seen[network] = (began, count + 1)
        if len(self._seen) > MOST_CALLERS:
            self._seen.pop(next(iter(self._seen)))
        return True
