"""Ranges of addresses, and who is within."""

import pytest

from hoistway.protocol.addresses import is_within, read_ranges


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        (" \n,\t", ()),
        ("203.0.113.7", ("203.0.113.7/32",)),
        ("2001:db8::/48, 203.0.113.0/24\n203.0.113.0/24", ("203.0.113.0/24", "2001:db8::/48")),
        ("2001:DB8:0::1", ("2001:db8::1/128",)),
        ("::ffff:203.0.113.0/120", ("203.0.113.0/24",)),
        ("0.0.0.0/0 ::/0", ("0.0.0.0/0", "::/0")),
    ],
)
def test_they_are_read(text: str, found: tuple[str, ...]) -> None:
    assert read_ranges(text) == found


@pytest.mark.parametrize(
    "text",
    ["203.0.113.1/24", "203.0.113.0/33", "localhost", "1.2.3", "01.2.3.4", "2001:db8::1/64", "1.2.3.4/", "x" * 999],
)
def test_others_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^") as refused:
        read_ranges(f"198.51.100.0/24 {text}")
    assert str(refused.value) == text[:60]


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("203.0.113.0", True),
        ("203.0.113.255", True),
        ("203.0.114.0", False),
        ("::ffff:203.0.113.9", True),
        ("::ffff:203.0.114.9", False),
        ("2001:db8:0:ffff::1", True),
        ("2001:db9::1", False),
        ("", False),
        ("unknown", False),
        ("203.0.113.9:443", False),
    ],
)
def test_who_is_within(address: str, *, inside: bool) -> None:
    assert is_within(address, "203.0.113.0/24 2001:db8::/48") is inside
    assert is_within(address, "")
