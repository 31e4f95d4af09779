"""Addresses of names, without a thread for each: one look-up at a time for a name, and for a moment none after a failure."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from importlib import import_module
from ipaddress import ip_address
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, Final

from hoistway.outbound.failed import Failed
from hoistway.outbound.names import NoAnswer, resolver_of

WITHIN: Final = 4.0
"""Seconds for one name, with all attempts."""
OTHER_WITHIN: Final = 1.0
"""Seconds that the addresses of one family wait for those of the other."""
FAILED_FOR: Final = 20.0
MOST_FAILED: Final = 1000
MOST_ADDRESSES: Final = 32
"""Of a family."""
HOSTS: Final = Path("/etc/hosts")
_NEAR: Final = {"localhost": ("127.0.0.1", "::1")}
_SILENT: Final = ("no name server answers for its name", "silent")
_NOTHING: Final = ("its name has no address", "no_address")

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Lookups:
    """One in each process. Callers who ask for the same name share one look-up, which ends by itself."""

    def __init__(self, resolve: Resolve, clock: Callable[[], float] = time.monotonic) -> None:
        self._resolve, self._clock = resolve, clock
        self._asking: dict[str, asyncio.Task[Sequence[str] | NoAnswer]] = {}
        self._failed: dict[str, tuple[float, NoAnswer]] = {}

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """At least one. Raises Failed."""
        until, why = self._failed.get(host, (0.0, None))
        found = why if why is not None and self._clock() < until else await self._shared(host, port)
        if isinstance(found, NoAnswer):
            raise Failed("unknown_host", str(found), found.key, **found.facts)
        return found

    async def _shared(self, host: str, port: int) -> Sequence[str] | NoAnswer:
        task = self._asking.get(host)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._ask(host, port), context=Context())
            self._asking[host] = task
            task.add_done_callback(lambda _: self._asking.pop(host, None))
        # Shielded: others may wait for the same answer.
        return await asyncio.shield(task)

    async def _ask(self, host: str, port: int) -> Sequence[str] | NoAnswer:
        """What is no list says why there is none."""
        try:
            async with asyncio.timeout(WITHIN):
                found: Sequence[str] | NoAnswer = tuple(await self._resolve(host, port)) or NoAnswer(*_NOTHING)
        except NoAnswer as error:
            found = NoAnswer(str(error), error.key, **error.facts)
        except OSError:  # TimeoutError is one
            found = NoAnswer(*_SILENT)
        self._failed.pop(host, None)
        if isinstance(found, NoAnswer):
            self._failed[host] = (self._clock() + FAILED_FOR, found)
            if len(self._failed) > MOST_FAILED:
                self._failed.pop(next(iter(self._failed)))
        return found


def resolve_with(servers: Sequence[str] = (), port: int = 53, hosts: Path = HOSTS) -> Resolve:
    """As the system would: an address stands for itself, then the hosts file counts, then these name servers, or those of
    /etc/resolv.conf. No search domains: whoever typed a full name means that name."""

    async def resolve(host: str, _port: int) -> Sequence[str]:
        known = _NEAR.get(host) or ((host,) if _is_address(host) else _named_in(hosts, host))
        return known or await _ask_servers(resolver_of(servers, port), host)

    return resolve


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _named_in(hosts: Path, host: str) -> Sequence[str]:
    try:
        text = hosts.read_bytes().decode("utf-8", "replace").lower()
    except OSError:
        return ()
    if host not in text:
        return ()
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return tuple(words[0] for words in lines if host in words[1:] and _is_address(words[0]))


async def _ask_servers(resolver: Any, host: str) -> Sequence[str]:
    """Both families at once; where one has answered, the other is not waited for long. Raises NoAnswer."""
    tasks = [asyncio.ensure_future(_family(resolver, host, kind)) for kind in ("A", "AAAA")]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        first = next(task for task in tasks if task.done())
        if first.exception() is None and first.result():
            await asyncio.wait(tasks, timeout=OTHER_WITHIN)
        else:
            await asyncio.wait(tasks)
    finally:
        for task in tasks:
            task.cancel()
    answered = [task.result() for task in tasks if task.done() and not task.cancelled() and task.exception() is None]
    if not answered:
        raise NoAnswer(*_SILENT)
    # By turns, because few are tried, and a machine may reach one family alone.
    return [one for one in chain.from_iterable(zip_longest(*answered)) if one is not None]


async def _family(resolver: Any, host: str, kind: str) -> Sequence[str]:
    """Raises NoAnswer."""
    errors: Any = import_module("dns.resolver")
    failed: Any = import_module("dns.exception")
    try:
        found = await resolver.resolve(f"{host}.", kind, lifetime=WITHIN, search=False)
    except (errors.NXDOMAIN, errors.NoAnswer):
        return ()
    except (failed.DNSException, OSError):
        raise NoAnswer(*_SILENT) from None
    return [record.address for record in found][:MOST_ADDRESSES]
