"""Sends a log to both sides and gathers what differs."""

import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct, field

from hoistway.replay.carrying import SIDES, Carrying, Sent, Which
from hoistway.replay.comparing import compare, is_ignored, kind_of_path, only_asks, shape_of
from hoistway.replay.differing import Bases, Difference, origin
from hoistway.replay.grouping import Groups
from hoistway.replay.har import Found
from hoistway.replay.programs import Programs
from hoistway.replay.recorded import Recorded, Skipped
from hoistway.replay.sending import Answer, Side
from hoistway.replay.settings import Pair, Plan

USER_AGENT = "hoistway-replay"


class Wanted(Struct, frozen=True):
    """`old` and `new` are addresses without a slash at the end."""

    old: str
    new: str
    plan: Plan
    secrets: dict[str, str]
    writes: bool = False
    strict: bool = False
    most: int | None = None
    every: int = 1
    seconds: float = 10.0


class Outcome(Struct):
    """`left_out` counts why lines were not sent."""

    sent: int = 0
    same: int = 0
    differ: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    groups: Groups = field(default_factory=Groups)
    answered: dict[Which, int] = field(default_factory=dict)


Tell = Callable[[Recorded, list[Difference]], None]


class Replay:
    def __init__(self, wanted: Wanted, trust: ssl.SSLContext) -> None:
        self._wanted = wanted
        self._sides: dict[Which, Side] = {side: Side(trust, wanted.seconds) for side in SIDES}
        self._carrying = Carrying(wanted.plan, wanted.secrets)
        self._programs = Programs(wanted.plan.programs, self._carrying, self._ask)
        pairs = [Pair(wanted.old, wanted.new), *wanted.plan.hosts.values()]
        self._bases = Bases(
            tuple(one.old.rstrip("/").lower() for one in pairs), tuple(one.new.rstrip("/").lower() for one in pairs),
            wanted.plan.paths,
        )  # fmt: skip

    def run(self, log: Iterator[Found], tell: Tell, outcome: Outcome) -> None:
        """Raises BadLog; what was found until then is in `outcome`."""
        with ThreadPoolExecutor(len(SIDES)) as pool:
            for place, (_, found) in enumerate(log):
                if self._wanted.most is not None and outcome.sent >= self._wanted.most:
                    break
                if place % self._wanted.every:
                    continue
                try:
                    if isinstance(found, str):
                        raise Skipped(found)
                    self._one(found, pool, tell, outcome)
                except Skipped as why:
                    outcome.left_out[str(why)] += 1
        for name, side in self._sides.items():
            outcome.answered[name] = side.answered
            side.close()

    def _one(self, request: Recorded, pool: ThreadPoolExecutor, tell: Tell, outcome: Outcome) -> None:
        if not self._wanted.writes and not only_asks(request.method, request.path):
            raise Skipped(f"a {request.method} may change something: --writes sends it as well")
        pair = self._pair(request)
        sent = [self._sent(request, side) for side in SIDES]
        asked = [pool.submit(self._send, request, side, one) for side, one in zip(SIDES, sent, strict=True)]
        old, new = (one.result() for one in asked)
        outcome.sent += 1
        self._carrying.learn(request, {"old": old, "new": new})
        urls = (origin(pair.old) + request.target, origin(pair.new) + request.target)
        kind = kind_of_path(request.path)
        found = [
            one
            for one in compare(request.path, urls, old, new, self._bases)
            if not is_ignored(one, kind, request.path, self._wanted.plan.ignore)
        ]
        for one in found:
            outcome.groups.add(kind, request.method, shape_of(request.path), request.line, one)
        differs = any(self._wanted.strict or not one.is_note for one in found)
        outcome.differ += differs
        outcome.same += not differs
        tell(request, found)

    def _sent(self, request: Recorded, side: Which) -> Sent:
        sent = self._carrying.sent(request, side)
        token = self._programs.authorized(request, side)
        return sent if token is None else Sent((*sent.headers, ("authorization", token)), sent.body)

    def _ask(self, request: Recorded, side: Which, carrying: Carrying) -> Answer:
        return self._send(request, side, carrying.sent(request, side))

    def _send(self, request: Recorded, side: Which, sent: Sent) -> Answer:
        pair = self._pair(request)
        target = request.target if side == "old" else _renamed(request.target, self._wanted.plan.paths)
        headers = [*sent.headers, ("user-agent", USER_AGENT), ("accept-encoding", "identity")]
        return self._sides[side].ask(
            pair.old if side == "old" else pair.new, request.method, target, headers, sent.body
        )

    def _pair(self, request: Recorded) -> Pair:
        """Raises Skipped where the log names a host that is none of these: a log leads nowhere else."""
        host, wanted = request.host, self._wanted
        if host is not None and (named := wanted.plan.hosts.get(host)) is not None:
            return named
        if host is None or host in {origin(one).partition("//")[2] for one in (wanted.old, wanted.new)}:
            return Pair(wanted.old, wanted.new)
        raise Skipped(f"the host {host} stands neither in --old and --new nor in the settings file")


def _renamed(target: str, paths: dict[str, str]) -> str:
    for before, after in paths.items():
        if target.startswith(before):
            return after + target.removeprefix(before)
    return target
