"""What wrong passwords from many addresses leave to everybody else: rates beside them, and how long the slowest waited."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import Rate
from bench.server import Running

# Each from another network and for another name: no counter locks any of them, so each costs a hash.
_FLOOD = """
local body = "grant_type=password&client_id=proxy-es256&scope=units.read&password=wrong-%d&username=nobody-%d"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
request = function()
  local number = math.random(1, 2000000000)
  local a, b, c = math.random(11, 99), math.random(0, 255), math.random(1, 254)
  wrk.headers["X-Forwarded-For"] = string.format("%d.%d.%d.7", a, b, c)
  return wrk.format("POST", "/oauth2/token", wrk.headers, string.format(body, number, number))
end
"""
CONNECTIONS = 64
"""At each of which the next wrong password follows the answer to the last one: fewer than may wait for a hash, so that none is refused
unhashed."""


@dataclass(frozen=True, slots=True)
class Left:
    """`share` is the rate beside the flood of that without it, the least of all; `p99` the longest of all, in milliseconds."""

    share: float
    p99: float


@contextmanager
def flooded(server: Running, seconds: int) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "flood.lua"
        script.write_text(_FLOOD)
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "60s", "-s", str(script), server.url]
        flood = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield
            if flood.poll() is not None:
                raise RuntimeError("the flood ended before what was measured beside it")
        finally:
            flood.terminate()
            flood.wait(10)


def what_is_left(server: Running, seconds: int, loads: list[Callable[[], Rate]]) -> Left:
    """Each load alone, then beside the flood."""
    alone = [load() for load in loads]
    with flooded(server, seconds * (len(loads) + 2) + 30):
        beside = [load() for load in loads]
    shares = [now.each_second / before.each_second for now, before in zip(beside, alone, strict=True)]
    return Left(min(shares), max(one.p99 for one in beside))
