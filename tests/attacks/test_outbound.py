"""Row 24: whatever address is given, the server asks public ones over verified TLS, within bounds, and nothing else."""

import asyncio
import gzip
import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest

from hoistway.outbound.failed import Failed
from hoistway.outbound.fetcher import BOUNDS, Fetcher
from hoistway.outbound.lookups import resolve_with
from tests.certificate import make_certificate
from tests.outbound.hostile import Hostile, Say, hostile, ok, saying
from tests.outbound.name_server import name_server

NAME = "login.example.com"
OWNER, OTHER = "c-a", "c-b"


def leading_to(*answers: Sequence[str]) -> tuple[list[str], "Fetcher"]:
    """A fetcher whose name server gives these answers in turn, and the names that it was asked for."""
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return asked, Fetcher(resolve=resolve)


async def reason_of(fetcher: Fetcher, url: str, **how: float) -> str:
    with pytest.raises(Failed) as failed:
        await fetcher.fetch(url, **how, whose=OWNER)  # type: ignore[arg-type]
    assert str(failed.value)
    return failed.value.reason


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "168.63.129.16", "100.100.100.200", "::1", "::ffff:127.0.0.1", "fd00:ec2::254",
     "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:0:53aa:64c:0:7b:7:1", "fe80::1%lo", "224.0.0.1", "0.0.0.0"],
)  # fmt: skip
@pytest.mark.parametrize("beside", [(), ("93.184.215.14",)])
async def test_a_name_that_leads_inside_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, address: str, beside: tuple[str, ...]
) -> None:
    """Row 24: nor where a public address stands beside it."""
    monkeypatch.setattr(asyncio, "open_connection", None)
    _, fetcher = leading_to((*beside, address))
    assert await reason_of(fetcher, f"https://{NAME}/") == "forbidden_address"


async def test_the_second_answer_of_a_name_server_counts_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 24: DNS rebinding. The connection goes to the very address that was judged, and the name is asked for once."""
    opened: list[tuple[object, ...]] = []

    async def open_connection(address: str, port: int, **how: object) -> None:
        opened.append((address, port, how["server_hostname"]))
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio, "open_connection", open_connection)
    asked, fetcher = leading_to(("93.184.215.14",), ("127.0.0.1",))
    assert await reason_of(fetcher, f"https://{NAME}/") == "no_connection"
    assert asked == [NAME]
    assert opened == [("93.184.215.14", 443, NAME)]
    assert await reason_of(fetcher, f"https://{NAME}/") == "forbidden_address"


async def test_this_machine_is_asked_where_the_setting_allows_it_only() -> None:
    """Row 24."""
    async with hostile(ok(b"inside")) as inside:
        for url in (inside.url, inside.url.replace("http", "https"), f"http://localhost:{inside.port}/"):
            assert await reason_of(Fetcher(), url) == "url"
        assert await reason_of(Fetcher(loopback=True), f"http://{NAME}:{inside.port}/") == "url"
        assert not inside.asked
        answer = await Fetcher(loopback=True).fetch(inside.url, whose=OWNER)
        assert (answer.status, answer.body) == (200, b"inside")


@pytest.mark.parametrize("status", [b"301", b"302", b"303", b"307", b"308", b"304"])
async def test_no_redirect_is_followed(status: bytes) -> None:
    """Row 24."""
    async with hostile(ok(b"inside")) as inside:
        lead = b"HTTP/1.1 %s Go\r\nlocation: %s\r\ncontent-length: 0\r\n\r\n" % (status, inside.url.encode())
        async with hostile(lead) as leading:
            assert await reason_of(Fetcher(loopback=True), leading.url) == "redirected"
        assert not inside.asked


async def _endless_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        writer.write(b"x-%d: %s\r\n" % (number, b"y" * 1000))
        await writer.drain()


async def _endless_chunks(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1;%s\r\na\r\n" % (b"e" * 4000))
        await writer.drain()


async def _endless_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"a" * 4000)
        await writer.drain()


async def _endless_promises(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 102 Processing\r\nx: %s\r\n\r\n" % (b"e" * 1000))
        await writer.drain()


@pytest.mark.parametrize(
    "say",
    [_endless_headers, _endless_chunks, _endless_body, _endless_promises, saying(ok(b"a" * 300_000)),
     saying(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n" + b"a" * 300_000)],
)  # fmt: skip
async def test_an_answer_without_end(say: object) -> None:
    """Row 24."""
    async with hostile(say) as endless:  # type: ignore[arg-type]
        assert await reason_of(Fetcher(loopback=True), endless.url) == "too_large"


@pytest.mark.parametrize("coding", [b"gzip", b"br", b"deflate, gzip", b"GZIP"])
async def test_a_compressed_answer_is_not_opened(coding: bytes) -> None:
    """Row 24: a decompression bomb."""
    bomb = gzip.compress(b"\x00" * 10_000_000)
    async with hostile(ok(bomb, b"content-encoding: " + coding)) as bombing:
        assert await reason_of(Fetcher(loopback=True), bombing.url) == "encoded"
        assert "accept-encoding: identity" in bombing.asked[0]


async def _drop_by_drop(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.02)


async def test_an_answer_drop_by_drop_ends_with_the_whole_exchange() -> None:
    """Row 24: each read comes in time, all of them together don't."""
    async with hostile(_drop_by_drop) as slow:
        assert await reason_of(Fetcher(loopback=True), slow.url, seconds=0.3) == "too_slow"


@pytest.mark.parametrize(
    "said",
    [b"", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", b"HTTP/1.1 200 OK\r\ncontent-le",
     b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc",
     b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
     b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"],
)  # fmt: skip
async def test_what_is_no_whole_answer(said: bytes) -> None:
    """Row 24."""
    async with hostile(said) as odd:
        assert await reason_of(Fetcher(loopback=True), odd.url) == "not_http"


async def test_the_certificate_must_be_of_the_name_and_of_a_known_authority(tmp_path: Path) -> None:
    """Row 24."""
    certificate = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)

    async def here(_host: str, _port: int) -> Sequence[str]:
        return ("127.0.0.1",)

    async with hostile(ok(), context) as server:
        assert await reason_of(Fetcher(loopback=True), server.url) == "certificate"
        other = Fetcher(loopback=True, resolve=here, trust=certificate.trust)
        assert await reason_of(other, f"https://{NAME}:{server.port}/") == "certificate"
        assert not server.asked
        known = Fetcher(loopback=True, trust=certificate.trust)
        assert (await known.fetch(server.url, whose=OWNER)).status == 200


async def test_nothing_is_smuggled_into_the_question() -> None:
    """Row 24."""
    async with hostile(ok()) as server:
        fetcher = Fetcher(loopback=True)
        for value in ("a\r\nx: y", "a\nb", "ä"):
            with pytest.raises(ValueError, match="can't be sent"):
                await fetcher.fetch(server.url, headers={"authorization": value}, whose=OWNER)
        assert not server.asked
        await fetcher.fetch(server.url, method="POST", body=b"a=b", whose=OWNER)
        assert server.asked[0].startswith("POST / HTTP/1.1\r\nhost: 127.0.0.1")


async def test_a_dead_name_server_holds_up_its_own_names_only() -> None:
    """Row 24: many names of one customer that no server answers for, while somebody else's is asked for."""
    dead = [f"login{number}.dead.example" for number in range(40)]
    known: dict[str, Sequence[str] | None] = {f"{kind} {name}": None for name in dead for kind in ("A", "AAAA")}
    async with name_server({**known, f"A {NAME}": ("10.0.0.1",)}) as server:
        fetcher = Fetcher(resolve=resolve_with(["127.0.0.1"], server.port))
        waiting = [asyncio.ensure_future(fetcher.fetch(f"https://{name}/", whose=name)) for name in dead]
        async with asyncio.timeout(10):
            while len(set(server.asked)) < len(known):
                await asyncio.sleep(0)
        assert await reason_of(fetcher, f"https://{NAME}/") == "forbidden_address"
        assert not any(one.done() for one in waiting)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_slow_host_takes_its_own_seats_only() -> None:
    """Row 24: six of one customer at a time, and those who would wait without bound are turned away at once."""
    go_on = asyncio.Event()
    async with hostile(until(go_on)) as slow, hostile(ok()) as quick:
        fetcher = Fetcher(loopback=True, seconds=30)
        room = BOUNDS.of_owner_at_host + BOUNDS.waiting_of_owner
        waiting = [asyncio.ensure_future(fetcher.fetch(slow.url, whose=OWNER)) for _ in range(room)]
        await _until_here(slow, BOUNDS.of_owner_at_host)
        assert await reason_of(fetcher, slow.url) == "busy"
        # Another name for the same machine is another host to the fetcher.
        elsewhere = quick.url.replace("127.0.0.1", "localhost")
        assert (await fetcher.fetch(elsewhere, whose=OTHER)).status == 200
        go_on.set()
        assert {answer.status for answer in await asyncio.gather(*waiting)} == {200}
        assert slow.at_once == BOUNDS.of_owner_at_host
        assert (await fetcher.fetch(quick.url, whose=OWNER)).status == 200


async def test_one_customer_does_not_take_the_seats_of_a_host_that_others_share() -> None:
    """Row 24: as Entra ID is one host for all."""
    go_on = asyncio.Event()
    async with hostile(until(go_on)) as slow:
        fetcher = Fetcher(loopback=True, seconds=30)
        waiting = [asyncio.ensure_future(fetcher.fetch(slow.url, whose=OWNER)) for _ in range(30)]
        await _until_here(slow, BOUNDS.of_owner_at_host)
        slow.say = saying(ok())
        assert {(await fetcher.fetch(slow.url, whose=OTHER)).status for _ in range(20)} == {200}
        go_on.set()
        await asyncio.gather(*waiting)


async def test_one_customer_does_not_take_the_seats_of_all_hosts() -> None:
    """Row 24: nor by many names."""
    go_on = asyncio.Event()

    async def nowhere(_host: str, _port: int) -> Sequence[str]:
        await go_on.wait()
        return ()

    fetcher = Fetcher(resolve=nowhere, seconds=30)
    names = [f"https://login{number}.example.com/" for number in range(30)]
    waiting = [asyncio.ensure_future(fetcher.fetch(name, whose=OWNER)) for name in names]
    await asyncio.sleep(0)
    others = [asyncio.ensure_future(fetcher.fetch(names[0], whose=f"c-{number}")) for number in range(7)]
    await asyncio.sleep(0)
    assert fetcher.exchanges == BOUNDS.of_owner + len(others)
    go_on.set()
    for one in (*waiting, *others):
        with pytest.raises(Failed):
            await one
    assert fetcher.exchanges == 0


def until(go_on: asyncio.Event) -> Say:
    async def wait(writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(ok())

    return wait


async def _until_here(server: Hostile, wanted: int) -> None:
    async with asyncio.timeout(10):
        while server.here < wanted:
            await asyncio.sleep(0)
