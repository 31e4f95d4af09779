"""Whether answers take as long for whoever has an account as for whoever has none: medians of 200 tries each, in turns
(OWASP ASVS 5, 6.3.8). Each try is of another person and another network, so that no counter slows any of them."""

import asyncio
import http.client
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from bench import MASTER_KEY
from bench.server import HOST, Running, started
from bench.world import PASSWORD, customer_id
from hoistway import clock
from hoistway.authn.passwords import Passwords
from hoistway.protocol.ids import ProviderId, UserId
from hoistway.store.db import Database, Writer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.open import open_database
from hoistway.store.provider_domains import ProviderDomain, add_domain, prove_domain
from hoistway.store.providers import Provider, add_provider
from hoistway.store.users import User, add_user
from hoistway.tokens.vault import Vault
from tests.federation.liar import lying

TRIES: Final = 200
BATCH: Final = 50
HOME, ID = "home.example", ProviderId("p-bench")
PEOPLE: Final = ("existing", "unknown", "disabled", "federated")
"""`federated` are people whom a provider signs in, under a user name that does not say so."""
WRONG: Final = "wrong-" + PASSWORD
_HIDDEN = re.compile(r'name="csrf" value="([^"]+)"')


def _name(kind: str, number: int) -> str:
    return f"{kind}-{number:04}@example.com"


async def _add(tx: Writer, kind: str, number: int, digest: str, now: int) -> None:
    name, own = _name(kind, number), customer_id(0)
    emails = (f"{kind}-{number:04}@{HOME}",) if kind == "federated" else (name,)
    user = User(UserId(f"u-{kind}-{number}"), name, "Person", emails, (), None, digest, own, now, now)
    await add_user(tx, user if kind != "disabled" else _disabled(user, now))
    await put_membership(tx, Membership(user.id, own, "member", "all", now))


def _disabled(user: User, now: int) -> User:
    values = {name: getattr(user, name) for name in user.__struct_fields__}
    return User(**{**values, "disabled_at": now})


async def _fill(db: Database, issuer: str) -> None:
    now, digest = clock.now(), Passwords(1).hash_now(PASSWORD)
    sealed = Vault(MASTER_KEY).seal(ID, b"secret")
    provider = Provider(
        ID,
        customer_id(0),
        "Home",
        issuer,
        "bench",
        "client_secret_basic",
        sealed,
        "verified",
        None,
        (),
        (),
        "here",
        now,
    )
    async with db.write() as tx:
        await add_provider(tx, provider)
        await add_domain(tx, ProviderDomain(ID, HOME, "a proof", now))
        await prove_domain(tx, ID, HOME, now)
    for kind in PEOPLE:
        for first in range(0, 0 if kind == "unknown" else TRIES + 1, BATCH):
            async with db.write() as tx:
                for number in range(first, min(first + BATCH, TRIES + 1)):
                    await _add(tx, kind, number, digest, now)


def fill(database: str, issuer: str) -> None:
    async def work() -> None:
        db = await open_database(database)
        try:
            await _fill(db, issuer)
        finally:
            await db.close()

    asyncio.run(work())


@dataclass
class Browser:
    """One kept connection, so that the network's part is the same each time."""

    server: Running
    cookie: str = ""
    csrf: dict[str, str] = field(default_factory=dict)
    sent: int = 0

    def __post_init__(self) -> None:
        self.http = http.client.HTTPConnection(HOST, self.server.port, timeout=60)

    def open(self, path: str) -> None:
        self.http.request("GET", path, headers={"cookie": self.cookie})
        reply = self.http.getresponse()
        page = reply.read().decode()
        self.cookie = self.cookie or str(reply.headers["set-cookie"]).split(";")[0]
        found = _HIDDEN.search(page)
        if found is None:
            raise RuntimeError(f"{path} shows no form")
        self.csrf[path] = found[1]

    def post(self, path: str, address: str, **form: str) -> tuple[float, str]:
        """(milliseconds, what else could tell: status, names of headers, length of what stands there)"""
        body = urlencode({"csrf": self.csrf[path], **form})
        headers = {
            "cookie": self.cookie, "x-forwarded-for": address, "content-type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        begun = time.perf_counter()
        self.http.request("POST", path, body, headers)
        reply = self.http.getresponse()
        page = reply.read().decode()
        took = (time.perf_counter() - begun) * 1000
        # A sealed state is random, and so is how long it gets in an address.
        plain = re.sub(r"state=[^&\"]+", "", page.replace(form["username"], ""))
        return took, f"{reply.status} {sorted(name.lower() for name in reply.headers)} {len(plain)}"

    def network(self) -> str:
        """Another one each time."""
        self.sent += 1
        return f"{20 + self.sent % 60}.{self.sent // 60 % 250}.{self.sent // 15_000 + 1}.7"


@dataclass(frozen=True)
class Found:
    """Of one way to ask: medians in milliseconds by kind of person, and what was seen of each."""

    way: str
    medians: dict[str, float]
    seen: dict[str, set[str]]

    @property
    def worst(self) -> float:
        """Of the medians, how far any is from that of the first kind, in per cent."""
        first, *others = self.medians.values()
        return max(abs(one / first - 1) * 100 for one in others)

    def lines(self) -> Iterator[str]:
        first = next(iter(self.medians.values()))
        for kind, median in self.medians.items():
            yield f"  {self.way:<12} {kind:<18} {median:8.2f} ms  {(median / first - 1) * 100:+6.2f} %"
        if len({frozenset(one) for one in self.seen.values()}) != 1:
            yield f"  {self.way}: ANSWERS DIFFER: {self.seen}"


def ask(way: str, kinds: tuple[str, ...], one: Callable[[str, int], tuple[float, str]]) -> Found:
    """One of each kind in turn, in another order each time; the first of each is not counted."""
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    seen: dict[str, set[str]] = {kind: set() for kind in kinds}
    for number in range(TRIES + 1):
        turn = number % len(kinds)
        for kind in (*kinds[turn:], *kinds[:turn]):
            milliseconds, rest = one(kind, number)
            if number:
                took[kind].append(milliseconds)
                seen[kind].add(rest)
    return Found(way, {kind: statistics.median(values) for kind, values in took.items()}, seen)


@contextmanager
def _browser(database: str) -> Iterator[Browser]:
    with lying() as provider:
        fill(database, provider.url)
        with started("bench.server", database, "1", "proxied", "loopback", "mailing", ready="/readyz") as server:
            browser = Browser(server)
            for path in ("/sign-in", "/reset"):
                browser.open(path)
            yield browser


def _lock(browser: Browser, name: str) -> None:
    for guess in range(12):
        browser.post("/sign-in", browser.network(), username=name, password=f"guess-{guess}-{WRONG}")


def enumeration(database: str) -> float:
    """Prints the medians; the largest difference in per cent."""
    with _browser(database) as browser:

        def sign_in(kind: str, number: int) -> tuple[float, str]:
            word = PASSWORD if kind in {"disabled", "federated"} else WRONG
            return browser.post("/sign-in", browser.network(), username=_name(kind, number), password=word)

        def reset(kind: str, number: int) -> tuple[float, str]:
            return browser.post("/reset", browser.network(), username=_name(kind, number))

        def home(kind: str, number: int) -> tuple[float, str]:
            name = f"{'federated' if kind == 'existing' else 'nobody-at'}-{number:04}@{HOME}"
            return browser.post("/sign-in", browser.network(), username=name, password="")

        def locked(kind: str, _number: int) -> tuple[float, str]:
            name = _name("existing" if kind == "locked" else "unknown", TRIES)
            return browser.post("/sign-in", browser.network(), username=name, password=WRONG)

        found = [ask("sign-in", PEOPLE, sign_in), ask("reset", PEOPLE, reset), ask("home realm", PEOPLE[:2], home)]
        for kind in ("existing", "unknown"):
            _lock(browser, _name(kind, TRIES))
        found.append(ask("locked", ("locked", "unknown, locked"), locked))
    for one in found:
        print("\n".join(one.lines()), flush=True)
    return max(one.worst for one in found)
