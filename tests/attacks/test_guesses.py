"""Parallel guesses: every one is counted before it is looked at."""

import secrets
from collections.abc import Sequence

import httpx2
import pytest

from tests.attacks.asking import at_once, password, refusal
from tests.attacks.test_accounts import guess, own_served
from tests.server import Served
from tests.world import API_URI, PASSWORD

__all__ = ["own_served"]


def assert_counted(replies: Sequence[httpx2.Response], most: int) -> None:
    """So many at the most were looked at, and the others were told to wait: none went by unanswered."""
    statuses = [reply.status_code for reply in replies]
    assert set(statuses) == {400, 429}, statuses
    assert statuses.count(400) <= most


@pytest.mark.parametrize("name", ["gone@example.com", "nobody@example.com"])
def test_parallel_guesses_are_all_counted(own_served: Served, name: str) -> None:
    """Row 41: ten are looked at, whether the account exists or not; then even the right password waits."""
    assert_counted(at_once(30, lambda i: guess(own_served, name, f"wrong-{i}")), 10)
    right = guess(own_served, name, PASSWORD)
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) > 0
    assert "set-cookie" not in right.headers


def test_another_address_does_not_help(own_served: Served) -> None:
    """Row 41: the account is counted wherever the guesses come from, and however its name is spelled."""
    names = ["gone@example.com", "GONE@example.com", "Gone@Example.Com"]
    replies = at_once(24, lambda i: guess(own_served, names[i % 3], f"wrong-{i}", f"198.51.100.{i}"))
    assert_counted(replies, 10)
    assert guess(own_served, "gone@example.com", PASSWORD, "203.0.113.9").status_code == 429


def test_another_account_does_not_help(own_served: Served) -> None:
    """Row 41: one address has fifty failures, over all names, and says so at the page."""
    word = secrets.token_hex(4)
    replies = at_once(60, lambda i: guess(own_served, f"{word}-{i}@example.com", "wrong"))
    assert_counted(replies, 50)
    assert guess(own_served, "gone@example.com", PASSWORD).status_code == 429
    assert guess(own_served, "gone@example.com", PASSWORD, "203.0.113.9").status_code == 303


def test_parallel_guesses_by_the_password_grant(own_served: Served) -> None:
    """Row 41."""
    replies = at_once(30, lambda i: password(own_served, "daemon-a", f"wrong-{i}", scope=API_URI))
    assert {refusal(reply) for reply in replies} == {(400, "invalid_grant")}
    assert sum("retry-after" not in reply.headers for reply in replies) <= 10
    late = password(own_served, "daemon-a", scope=API_URI)
    assert refusal(late) == (400, "invalid_grant")
    assert int(late.headers["retry-after"]) > 0


def test_callers_without_an_address_are_not_counted_together(own_served: Served) -> None:
    """Row 41: where the proxy says no address, each account is counted by itself, and no place is known."""
    word = secrets.token_hex(4)
    replies = at_once(60, lambda i: guess(own_served, f"{word}-{i}@example.com", "wrong", "unknown"))
    assert {reply.status_code for reply in replies} == {400}
    assert guess(own_served, "gone@example.com", PASSWORD, "unknown").status_code == 303
    assert_counted(at_once(20, lambda i: guess(own_served, "gone@example.com", f"wrong-{i}", "unknown")), 10)
    assert guess(own_served, "gone@example.com", PASSWORD, "unknown").status_code == 429


def test_a_port_does_not_help(own_served: Served) -> None:
    """Row 41: one address is one, whatever port the proxy wrote beside it."""
    word = secrets.token_hex(4)
    replies = at_once(60, lambda i: guess(own_served, f"{word}-{i}@example.com", "wrong", f"192.0.2.7:{40000 + i}"))
    assert_counted(replies, 50)


def test_nine_guesses_between_sign_ins(own_served: Served) -> None:
    """Row 41: from the owner's own network, again and again."""
    looked_at = 0
    for turn in range(8):
        assert (guess(own_served, "ann@example.com", PASSWORD).status_code == 303) == (looked_at < 30)
        replies = [guess(own_served, "ann@example.com", f"guess-{turn}-{number}") for number in range(9)]
        looked_at += sum(reply.status_code == 400 for reply in replies)
    assert looked_at == 30, "in a minute; the week's bound is in tests/authn/test_counting.py"
