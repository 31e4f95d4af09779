"""The one way out over HTTP: to public addresses over verified TLS, within bounds (docs/adr/0032-providers.md)."""

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

from hoistway.outbound.addresses import is_loopback, is_public
from hoistway.outbound.failed import Failed
from hoistway.outbound.lookups import Lookups, Resolve, resolve_with
from hoistway.outbound.reading import Answer, read_answer
from hoistway.outbound.seats import Bounds, Seats
from hoistway.outbound.target import Target, read_target

SECONDS: Final = 8.0
"""For a whole exchange: waiting for a turn, name, connection, TLS, question and answer."""
MOST_BYTES: Final = 256 * 1024
BOUNDS: Final = Bounds(of_owner_at_host=6, of_owner=8, of_host=24, in_all=64, waiting_of_owner=32, waiting=256)
_ADDRESSES_TRIED: Final = 3
_CONNECTED_WITHIN: Final = 3.0


class Fetcher:
    """One in each process. With `loopback` (for development) it also asks this machine, over http too. `resolve` turns a
    name into addresses and `trust` makes what judges certificates; both have their usual values, except in tests."""

    def __init__(
        self,
        *,
        loopback: bool = False,
        resolve: Resolve | None = None,
        trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        seconds: float = SECONDS,
    ) -> None:
        self._loopback, self._trust, self._seconds = loopback, trust, seconds
        self._lookups = Lookups(resolve or resolve_with())
        self._seats = Seats(BOUNDS)
        self._context: ssl.SSLContext | None = None

    @property
    def exchanges(self) -> int:
        """Under way at this moment."""
        return self._seats.taken

    def check(self, url: str) -> None:
        """For a form or a command that takes an address: whether it could be asked at all, by its letters alone. Raises
        Failed."""
        read_target(url, loopback=self._loopback)

    async def fetch(
        self,
        url: str,
        *,
        whose: str,
        method: Literal["GET", "POST"] = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        most: int = MOST_BYTES,
        seconds: float | None = None,
    ) -> Answer:
        """`whose` is the customer, or else the application, whose settings name the address. `headers` are ours, never copied
        from a request. The answer's status may be any but 3xx. Raises Failed."""
        target = read_target(url, loopback=self._loopback)
        request = _write(target, method, headers or {}, body)
        began = False
        try:
            async with asyncio.timeout(seconds or self._seconds), self._seats.take(target.host, whose):
                began = True
                return await self._exchange(target, request, most)
        except TimeoutError:
            within = f"{seconds or self._seconds:g}"
            if not began:
                raise Failed("busy", f"no turn came within {within} seconds", "no_turn", seconds=within) from None
            raise Failed("too_slow", f"no whole answer within {within} seconds", seconds=within) from None

    async def _exchange(self, target: Target, request: bytes, most: int) -> Answer:
        reader, writer = await self._connect(target)
        try:
            writer.write(request)
            await writer.drain()
            return await read_answer(reader, most)
        except OSError:
            raise Failed("not_http", "the connection broke before the answer was whole", "cut_off") from None
        finally:
            # Not closed politely: the other side must not decide how long that takes.
            writer.transport.abort()

    async def _connect(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To one of the addresses that were judged, and to no name, so that a second look-up can't change it. The
        certificate must name the host all the same."""
        context = self._tls() if target.secure else None
        named = target.host if target.secure else None
        for address in await self._addresses(target):
            try:
                async with asyncio.timeout(_CONNECTED_WITHIN):
                    return await asyncio.open_connection(address, target.port, ssl=context, server_hostname=named)
            except ssl.SSLCertVerificationError as error:
                said = error.verify_message
                raise Failed("certificate", f"its certificate is not accepted: {said}", said=said) from None
            except ssl.SSLError:
                raise Failed("certificate", "it does not speak TLS 1.2 or newer", "tls") from None
            except (OSError, TimeoutError):
                continue
        raise Failed("no_connection", f"no connection can be made to its port {target.port}", port=target.port)

    async def _addresses(self, target: Target) -> Sequence[str]:
        """One address that is not public refuses the name: it is wrong, or it means to lead somewhere else."""
        found = await self._lookups.addresses(target.host, target.port)
        for address in found:
            if not is_public(address) and not (self._loopback and is_loopback(address)):
                raise Failed("forbidden_address", "its name leads to an address that is not on the public Internet")
        return found[:_ADDRESSES_TRIED]

    def _tls(self) -> ssl.SSLContext:
        """Made at the first use, because the authorities of the system cost a process 5 MB and 20 ms."""
        if self._context is None:
            self._context = self._trust()
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
            self._context.set_alpn_protocols(["http/1.1"])
        return self._context


def _write(target: Target, method: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"{method} {target.path} HTTP/1.1", f"host: {target.authority}"]
    said = {"accept-encoding": "identity", "connection": "close", "user-agent": "hoistway", **headers}
    if method == "POST":
        said["content-length"] = str(len(body))
    for name, value in said.items():
        if not value.isascii() or "\r" in value or "\n" in value:
            raise ValueError(f"{name} can't be sent")
        lines.append(f"{name}: {value}")
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body
