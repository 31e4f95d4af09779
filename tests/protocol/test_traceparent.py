"""The header traceparent, on the examples and rules of W3C Trace Context."""

import pytest

from hoistway.protocol.traceparent import TraceParent, read_traceparent

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{PARENT}-01"


def read(*values: str) -> TraceParent | None:
    return read_traceparent([(b"accept", b"*/*"), *((b"traceparent", value.encode("latin-1")) for value in values)])


@pytest.mark.parametrize(
    ("sent", "flags", "is_sampled"),
    [
        (GOOD, 1, True),
        (f"00-{TRACE}-{PARENT}-00", 0, False),
        (f"00-{TRACE}-{PARENT}-ff", 255, True),
        (f"01-{TRACE}-{PARENT}-01", 1, True),
        (f"cc-{TRACE}-{PARENT}-03-what-the-future-will-be-like", 3, True),
    ],
)
def test_what_is_valid_is_read(sent: str, flags: int, is_sampled: bool) -> None:
    found = read(sent)
    assert found == (TRACE, PARENT, flags)
    assert found.is_sampled is is_sampled


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "00",
        GOOD.upper(),
        f"{GOOD}-more",
        f"{GOOD} ",
        f"{GOOD}\n",
        f"ff-{TRACE}-{PARENT}-01",
        f"0-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[1:]}-{PARENT}-01",
        f"00-{TRACE}0-{PARENT}-01",
        f"00-{TRACE}-{PARENT[1:]}-01",
        f"00-{TRACE}-{PARENT}-1",
        f"00-{TRACE}-{PARENT}",
        f"00_{TRACE}_{PARENT}_01",
        f"00-{TRACE[:-1]}g-{PARENT}-01",
        f"00-{TRACE[:-1]}٣-{PARENT}-01".encode().decode("latin-1"),
        f"cc-{TRACE}-{PARENT}-01.more",
        f"cc-{TRACE}-{PARENT}-01-{'x' * 600}",
    ],
)
def test_what_is_malformed_counts_for_nothing(sent: str) -> None:
    assert read(sent) is None


def test_it_is_sent_once_or_not_at_all() -> None:
    assert read() is None
    assert read(GOOD, GOOD) is None
