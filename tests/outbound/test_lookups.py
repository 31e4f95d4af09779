"""Names become addresses by the hosts file and name servers; one look-up serves all who ask, and failures are remembered."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from hoistway.outbound import lookups
from hoistway.outbound.failed import Failed
from hoistway.outbound.lookups import FAILED_FOR, MOST_FAILED, Lookups, resolve_with
from tests.outbound.name_server import name_server

NOWHERE = Path("/nonexistent/hosts")


async def test_both_families_are_found_and_come_by_turns() -> None:
    known = {
        "A one.example.com": ("192.0.2.1", "192.0.2.2"),
        "AAAA one.example.com": ("2001:db8::1",),
        "A two.example.com": ("192.0.2.3",),
    }
    async with name_server(known) as server:
        resolve = resolve_with(["127.0.0.1"], server.port, NOWHERE)
        found = list(await resolve("one.example.com", 443))
        assert (sorted(found[:2]), found[2:]) in [
            (["192.0.2.1", "2001:db8::1"], ["192.0.2.2"]),
            (["192.0.2.2", "2001:db8::1"], ["192.0.2.1"]),
        ]
        assert await resolve("two.example.com", 443) == ["192.0.2.3"]
        assert await resolve("none.example.com", 443) == []


async def test_a_family_about_which_the_server_is_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "OTHER_WITHIN", 0.01)
    monkeypatch.setattr(lookups, "WITHIN", 60.0)
    known = {"A one.example.com": ("192.0.2.1",), "AAAA one.example.com": None}
    async with name_server(known) as server, asyncio.timeout(20):
        assert await resolve_with(["127.0.0.1"], server.port, NOWHERE)("one.example.com", 443) == ["192.0.2.1"]


async def test_the_hosts_file_comes_first_and_addresses_stand_for_themselves(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text(
        "# 192.0.2.8 one.example.com\n192.0.2.9 Other One.Example.com # two.example.com\nwrong one.example.com\n"
        "2001:db8::9\tone.example.com\n"
    )
    async with name_server({"A two.example.com": ("192.0.2.2",)}) as server:
        resolve = resolve_with(["127.0.0.1"], server.port, hosts)
        assert await resolve("one.example.com", 443) == ("192.0.2.9", "2001:db8::9")
        assert await resolve("localhost", 443) == ("127.0.0.1", "::1")
        assert await resolve("127.0.0.1", 443) == ("127.0.0.1",)
        assert not server.asked
        assert await resolve("two.example.com", 443) == ["192.0.2.2"]


async def test_silence_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "WITHIN", 0.05)
    known = {"A dead.example.com": None, "AAAA dead.example.com": None}
    async with name_server(known) as server:
        asking = Lookups(resolve_with(["127.0.0.1"], server.port, NOWHERE))
        with pytest.raises(Failed, match="no name server answers for its name") as failed:
            await asking.addresses("dead.example.com", 443)
        assert failed.value.reason == "unknown_host"


class Slow:
    """Answers once it may; `found` is an exception, or addresses."""

    def __init__(self, found: Sequence[str] | Exception) -> None:
        self.found, self.asked, self.may, self.now = found, list[str](), asyncio.Event(), 1000.0
        self.lookups = Lookups(self.resolve, lambda: self.now)

    async def resolve(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        await self.may.wait()
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    async def addresses(self, host: str = "one.example.com") -> Sequence[str]:
        return await self.lookups.addresses(host, 443)


async def test_all_who_ask_at_once_share_one_look_up_and_none_ends_it_for_others() -> None:
    slow = Slow(["192.0.2.1"])
    waiting = [asyncio.ensure_future(slow.addresses()) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    slow.may.set()
    assert {tuple(await one) for one in waiting[1:]} == {("192.0.2.1",)}
    assert slow.asked == ["one.example.com"]
    # What was found is not kept: each exchange goes to what its own look-up found.
    await slow.addresses()
    assert len(slow.asked) == 2


@pytest.mark.parametrize("found", [(), OSError(), TimeoutError()])
async def test_a_name_that_failed_is_not_asked_again_for_a_moment(found: Sequence[str] | Exception) -> None:
    slow = Slow(found)
    slow.may.set()
    for _ in range(20):
        with pytest.raises(Failed):
            await slow.addresses()
    assert len(slow.asked) == 1
    slow.now += FAILED_FOR
    slow.found = ["192.0.2.1"]
    assert await slow.addresses() == ("192.0.2.1",)


async def test_what_failed_is_remembered_within_bounds() -> None:
    slow = Slow(())
    slow.may.set()
    for number in range(MOST_FAILED + 1):
        with pytest.raises(Failed):
            await slow.addresses(f"n{number}.example.com")
    for number in (MOST_FAILED, 0):
        with pytest.raises(Failed):
            await slow.addresses(f"n{number}.example.com")
    assert len(slow.asked) == MOST_FAILED + 2
