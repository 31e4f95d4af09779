"""The tokens of programs whose requests a log holds without any: each side gives its own."""

import time
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from hoistway.protocol.numbers import read_whole
from hoistway.replay.carrying import Carrying, Which
from hoistway.replay.recorded import Recorded, Secret, Skipped, Value, members_made
from hoistway.replay.sending import Answer
from hoistway.replay.settings import Program

Ask = Callable[[Recorded, Which, Carrying], Answer]
_LIVES = 3600


class _Held(Struct, frozen=True):
    token: str
    until: float


class Programs:
    def __init__(self, programs: list[Program], carrying: Carrying, ask: Ask) -> None:
        self._programs, self._carrying, self._ask = programs, carrying, ask
        self._held: dict[tuple[str, Which], _Held] = {}

    def authorized(self, request: Recorded, side: Which) -> str | None:
        """What the header says on this side; None where the request has one, or belongs to no program. Raises Skipped."""
        if any(name == "authorization" for name, _ in request.headers):
            return None
        for program in self._programs:
            if any(request.path.startswith(path) for path in program.paths):
                return f"Bearer {self._token(program, side)}"
        return None

    def _token(self, program: Program, side: Which) -> str:
        held = self._held.get((program.name, side))
        if held is not None and held.until > time.monotonic():
            return held.token
        form = tuple((name, _value(value)) for name, value in program.form.items())
        answer = self._ask(Recorded(0, "POST", program.host, program.token, (), form), side, self._carrying)
        token = members_made(answer.body).get(program.member)
        if answer.status != 200 or token is None:
            why = answer.failed or f"it answered {answer.status}"
            raise Skipped(f"the {side} side gave the program {program.name} no {program.member}: {why}")
        self._held[program.name, side] = _Held(token, time.monotonic() + 0.8 * _lives(answer.body))
        return token


def _value(value: Any) -> Value:
    return Secret(str(value["secret"])) if isinstance(value, dict) and "secret" in value else str(value)


def _lives(body: bytes) -> int:
    said = msgspec.json.decode(body).get("expires_in")
    return read_whole(str(said), 1, 86_400) or _LIVES
