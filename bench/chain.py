"""Load whose requests depend on the answers before: each connection sends the refresh token that it got last.

`python -m bench.chain PORT SECONDS CLIENT_ID`, tokens on standard input as a JSON list, one connection each; without
tokens 32 connections ask /healthz, which shows what this generator itself can do. Prints requests a second, and within how many
milliseconds 99 of 100 answers came. A process of its own, on raw asyncio protocols, so that its cost is small and not the server's."""

import asyncio
import json
import subprocess
import sys
import time

import uvloop

from bench.load import Rate

TOKEN = b'"refresh_token":"'
PROBES = 32


class Connection(asyncio.Protocol):
    """Sends the next request as soon as the answer is whole."""

    def __init__(self, client_id: str, token: bytes | None) -> None:
        self._client_id = client_id.encode()
        self._token = token
        self._buffer = b""
        self._transport: asyncio.WriteTransport | None = None
        self._sent_at = 0.0
        self.took: list[float] = []
        self.failure: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._send()

    def _send(self) -> None:
        if self._transport is None:
            return
        self._sent_at = time.perf_counter()
        if self._token is None:
            self._transport.write(b"GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n")
            return
        body = b"grant_type=refresh_token&client_id=%b&refresh_token=%b" % (self._client_id, self._token)
        self._transport.write(
            b"POST /oauth2/token HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.index(b"content-length:") + 15
        length = int(head[at : (head + b"\r\n").index(b"\r\n", at)])
        if len(self._buffer) < end + 4 + length:
            return
        body, self._buffer = self._buffer[end + 4 :], b""
        if not head.startswith(b"http/1.1 200"):
            self.failure = body.decode(errors="replace")
            self.stop()
            return
        if self._token is not None:
            begin = body.index(TOKEN) + len(TOKEN)
            self._token = body[begin : body.index(b'"', begin)]
        self.took.append(time.perf_counter() - self._sent_at)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self.failure = self.failure or f"connection lost: {exc}"

    def stop(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()


async def generate(port: int, seconds: float, client_id: str, tokens: list[bytes | None]) -> Rate:
    """Raises RuntimeError where one was refused."""
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    connections = []
    for token in tokens:
        connection = Connection(client_id, token)
        await loop.create_connection(lambda made=connection: made, "127.0.0.1", port)  # type: ignore[misc]
        connections.append(connection)
    await asyncio.sleep(seconds)
    spent = time.perf_counter() - begun
    for connection in connections:
        connection.stop()
    failures = [connection.failure for connection in connections if connection.failure]
    if failures:
        raise RuntimeError(failures[0])
    took = sorted(one for connection in connections for one in connection.took)
    if not took:
        raise RuntimeError("nothing was answered")
    return Rate(len(took) / spent, took[len(took) * 99 // 100] * 1000)


def run_chain(port: int, seconds: int, client_id: str, tokens: list[str]) -> float:
    """Requests a second. Raises RuntimeError."""
    return time_chain(port, seconds, client_id, tokens).each_second


def time_chain(port: int, seconds: int, client_id: str, tokens: list[str]) -> Rate:
    """Starts the generator in a process of its own. Raises RuntimeError."""
    command = [sys.executable, "-m", "bench.chain", str(port), str(seconds), client_id]
    done = subprocess.run(command, input=json.dumps(tokens), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    each_second, p99 = done.stdout.split()
    return Rate(float(each_second), float(p99))


def main() -> None:
    port, seconds, client_id = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    tokens: list[bytes | None] = [token.encode() for token in json.load(sys.stdin)] or [None] * PROBES
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rate = runner.run(generate(port, seconds, client_id, tokens))
        print(rate.each_second, rate.p99)


if __name__ == "__main__":
    main()
