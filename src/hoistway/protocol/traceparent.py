"""The header by which one trace goes through many servers (https://www.w3.org/TR/trace-context/#traceparent-header)."""

import re
from collections.abc import Iterable
from typing import NamedTuple

_VERSION_0 = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
# Section 3.2.4: of a later version the fields that are known are read, and what follows them begins with a dash.
_LATER = re.compile(rb"(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_LONGEST = 512


class TraceParent(NamedTuple):
    """Hexadecimal digits in lower case."""

    trace_id: str
    parent_id: str
    flags: int

    @property
    def is_sampled(self) -> bool:
        return bool(self.flags & 1)


def read_traceparent(headers: Iterable[tuple[bytes, bytes]]) -> TraceParent | None:
    """Of the headers of a request, names in lower case. None where there is no such header, or more than one, or one that is malformed."""
    sent = [value for name, value in headers if name == b"traceparent"]
    if len(sent) != 1 or len(sent[0]) > _LONGEST:
        return None
    found = _VERSION_0.fullmatch(sent[0]) or _LATER.fullmatch(sent[0])
    if found is None:
        return None
    trace_id, parent_id, flags = (part.decode("ascii") for part in found.groups())
    if not int(trace_id, 16) or not int(parent_id, 16):
        return None
    return TraceParent(trace_id, parent_id, int(flags, 16))
