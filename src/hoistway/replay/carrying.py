"""What a request carries on each side: secrets by name, and what that side gave in an earlier answer."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal
from urllib.parse import unquote_plus, urlencode

from msgspec import Struct

from hoistway.replay.recorded import Made, Recorded, Secret, Skipped, Value, members_made
from hoistway.replay.sending import Answer
from hoistway.replay.settings import Fill, Plan

Which = Literal["old", "new"]
SIDES: Final[tuple[Which, Which]] = ("old", "new")
FORM: Final = "application/x-www-form-urlencoded"
_KEPT: Final = 100_000
"""Values of the log that are remembered, the oldest forgotten first."""


class Sent(Struct, frozen=True):
    headers: tuple[tuple[str, str], ...]
    body: bytes


class _Field(Struct, frozen=True):
    name: str
    value: str
    raw: bytes


class Carrying:
    def __init__(self, plan: Plan, secrets: Mapping[str, str]) -> None:
        self._fills, self._secrets = plan.fill, secrets
        self._seen: dict[str, Made] = {}
        self._given: dict[tuple[Which, str], Mapping[str, str]] = {}

    def learn(self, request: Recorded, answers: Mapping[Which, Answer]) -> None:
        """What the log says of its answer, and what each side answered now."""
        name = request.named or f"line {request.line}"
        recorded = members_made(request.answer)
        for member, value in recorded.items():
            if len(self._seen) >= _KEPT:
                del self._seen[next(iter(self._seen))]
            self._seen[value] = Made(name, member)
        if not recorded and request.named is None:
            return
        for side, answer in answers.items():
            while len(self._given) >= _KEPT:
                del self._given[next(iter(self._given))]
            self._given[side, name] = members_made(answer.body)

    def sent(self, request: Recorded, side: Which) -> Sent:
        """Raises Skipped."""
        fields = self._fields(request, side)
        headers = {name: self._header(name, value, side) for name, value in request.headers}
        said = {} if fields is None else {field.name: field.value for field in fields}
        for fill in self._fills:
            if not _concerns(fill, request, said):
                continue
            if fill.header is not None:
                headers[fill.header.lower()] = self._secrets[fill.secret]
            elif fields is not None:
                others = [field for field in fields if field.name != fill.field]
                fields = [*others, _field(str(fill.field), self._secrets[fill.secret])]
        if fields is None:
            return Sent(tuple(headers.items()), request.body)
        headers.setdefault("content-type", FORM)
        return Sent(tuple(headers.items()), b"&".join(field.raw for field in fields))

    def _fields(self, request: Recorded, side: Which) -> list[_Field] | None:
        """Nothing is encoded anew but what another value takes the place of: how a program encodes is what is tried, too."""
        if request.form is not None:
            return [_field(name, self._value(value, side)) for name, value in request.form]
        if not request.body or not _is_form(request.headers):
            return None
        read = [_read_field(piece) for piece in request.body.split(b"&") if piece]
        carried = [self._value(field.value, side) for field in read]
        return [
            field if value == field.value else _field(field.name, value)
            for field, value in zip(read, carried, strict=True)
        ]

    def _header(self, name: str, value: Value, side: Which) -> str:
        if not isinstance(value, str):
            scheme = "Bearer " if name == "authorization" and isinstance(value, Made) else ""
            return scheme + self._value(value, side)
        scheme, blank, rest = value.partition(" ")
        return f"{scheme} {self._value(rest, side)}" if blank and scheme.lower() == "bearer" else value

    def _value(self, value: Value, side: Which) -> str:
        if isinstance(value, Secret):
            if value.name not in self._secrets:
                raise Skipped(f"the settings file has no secret {value.name}")
            return self._secrets[value.name]
        made = self._seen.get(value) if isinstance(value, str) else value
        if made is None:
            return str(value)
        given = self._given.get((side, made.by), {}).get(made.member)
        if given is None:
            raise Skipped(f"the {side} side gave no {made.member} that this request could carry")
        return given


def _is_form(headers: Sequence[tuple[str, Value]]) -> bool:
    return any(n == "content-type" and isinstance(v, str) and v.lower().startswith(FORM) for n, v in headers)


def _concerns(fill: Fill, request: Recorded, said: Mapping[str, str]) -> bool:
    return request.path.startswith(fill.path) and all(said.get(name) == value for name, value in fill.where.items())


def _field(name: str, value: str) -> _Field:
    return _Field(name, value, urlencode([(name, value)]).encode())


def _read_field(raw: bytes) -> _Field:
    name, _, value = (unquote_plus(part) for part in raw.decode("utf-8", "replace").partition("="))
    return _Field(name, value, raw)
