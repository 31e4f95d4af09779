"""What each route of the API is asked with a holder's token, and what the model of tests/attacks/generated expects."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from urllib.parse import parse_qs, quote, urlsplit

import httpx2

from tests.attacks.generated import KINDS, Holder, Lift, World, words_in

BASE64 = re.compile(r"[A-Za-z0-9_-]{16,}")


@dataclass(frozen=True)
class Asking:
    """One holder's requests; every answer is read for words that are not the holder's."""

    http: httpx2.Client
    holder: Holder
    random: Random

    def send(self, method: str, path: str, *, more: dict[str, str] | None = None, **rest: object) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.holder.token}", **(more or {})}
        reply = self.http.request(method, path, headers=headers, **rest)  # type: ignore[arg-type]
        asked = words_in([path, str(reply.request.url), reply.request.content.decode()])
        self.check(reply, asked if reply.status_code == 400 else set())
        return reply

    def check(self, reply: httpx2.Response, asked: set[str]) -> None:
        """`asked` are the words that the request itself brought: a refusal may repeat them."""
        strange = words_of(reply) - self.holder.words - asked
        assert not strange, f"{self.holder.customer} was told of {strange} by {reply.request.url}: {reply.text}"
        assert "US-c-" not in reply.text
        assert reply.status_code < 500

    def get(self, path: str, **params: str) -> httpx2.Response:
        return self.send("GET", path, params=params)

    def limit(self) -> str:
        return str(self.random.choice((1, 2, 3, 1000)))

    def pages(self, path: str, key: str, **params: str) -> list[str]:
        """All ids of a list, along the cursors, each page of another size."""
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            limit = self.limit()
            reply = self.get(path, limit=limit, **params, **cursor)
            assert reply.status_code == 200, reply.text
            body = reply.json()
            ids = [item[key] for item in body["items"]]
            assert len(ids) == int(limit) or body["next_cursor"] is None
            found += ids
            assert ("link" in reply.headers) == (body["next_cursor"] is not None)
            if body["next_cursor"] is None:
                return found
            link = parse_qs(urlsplit(reply.headers["link"].split(">")[0][1:]).query)
            assert link == {**{k: [v] for k, v in params.items()}, "limit": [limit], "cursor": [body["next_cursor"]]}
            cursor = {"cursor": body["next_cursor"]}


def words_of(reply: httpx2.Response) -> set[str]:
    """Also those inside tokens and cursors, in body and headers."""
    texts = [reply.text, *(value for name, value in reply.headers.items() if name != "x-correlation-id")]
    inside = [decoded(run) for text in texts for run in BASE64.findall(text)]
    return words_in(texts + inside)


def decoded(run: str) -> str:
    """As base64url, as far as it is."""
    return base64.urlsafe_b64decode(run[: len(run) // 4 * 4]).decode("utf-8", "replace")


def list_units(me: Asking) -> None:
    holder, world = me.holder, me.holder.world

    def expect(keep: Callable[[Lift], bool], **params: str) -> None:
        expected = [lift.id for lift in holder.seen if keep(lift)]
        assert me.pages("/api/v1/units", "unitId", **params) == expected, params

    expect(matching())
    for site in (*world.sites, "none"):
        expect(matching(site=site), site=site)
    for kind in KINDS:
        expect(matching(kind=kind), type=kind)
    for text in me.random.sample(texts_of(world), min(4, len(texts_of(world)))):
        found = {lift.id for lift in holder.seen if is_found(holder, lift, text)}
        site, kind = me.random.choice(world.sites), me.random.choice(KINDS)
        expect(matching(ids=found), text=text.upper())
        expect(matching(ids=found, site=site, kind=kind), text=text, site=site, type=kind)


def texts_of(world: World) -> list[str]:
    """What somebody may search for."""
    texts = [*world.sites, *(lift.id for lift in world.lifts)]
    return texts + [access for lift in world.lifts for access in lift.access.values()]


def matching(
    *, ids: set[str] | None = None, site: str | None = None, kind: str | None = None
) -> Callable[[Lift], bool]:
    """The model of the list's filters."""

    def keep(lift: Lift) -> bool:
        return (ids is None or lift.id in ids) and site in {None, lift.site} and kind in {None, lift.kind}

    return keep


def is_found(holder: Holder, lift: Lift, text: str) -> bool:
    """A part of one of the texts that the search reads, of this customer's own access."""
    return any(text.lower() in known.lower() for known in (lift.id, lift.access[holder.customer], lift.site))


def read_unit(me: Asking) -> None:
    visible = {lift.id for lift in me.holder.seen}
    hidden = set()
    for name in ("unit000000z", *(lift.id for lift in me.holder.world.lifts)):
        reply = me.get(f"/api/v1/units/{quote(name)}")
        assert reply.status_code == (200 if name in visible else 404)
        if name not in visible:
            hidden.add(plain(reply))
            assert me.send("GET", f"/api/v1/units/{quote(name)}", more={"if-none-match": "*"}).status_code == 404
        else:
            assert reply.json()["unitId"] == name
    assert len(hidden) == 1, "what another customer has is as unknown as what nobody has"


def plain(reply: httpx2.Response) -> str:
    """All of it but the correlation id and the time."""
    headers = sorted((k, v) for k, v in reply.headers.items() if k not in {"date", "x-correlation-id"})
    return f"{reply.status_code} {headers} {reply.text}".replace(reply.headers["x-correlation-id"], "")


def list_sites(me: Asking) -> None:
    seen = me.holder.seen
    assert me.pages("/api/v1/sites", "siteId") == sorted({lift.site for lift in seen})
    counts = {site["siteId"]: site["unitCount"] for site in me.get("/api/v1/sites").json()["items"]}
    assert counts == {site: sum(lift.site == site for lift in seen) for site in counts}


def read_me(me: Asking) -> None:
    body = me.get("/api/v1/me").json()
    assert body["id"] == me.holder.subject
    assert body["customer"] == {"id": me.holder.customer, "name": f"Name of {me.holder.customer}"}
    assert body["unit_count"] == len(me.holder.seen)


def read_limits(me: Asking) -> None:
    assert me.get("/api/v1/me/limits").status_code == 200


def users(me: Asking) -> list[str]:
    world = me.holder.world
    return ["person000000z", *(person.id for person in world.people), *world.accounts.values(), *world.customers]


def read_user(me: Asking) -> None:
    hidden = set()
    for name in users(me):
        reply = me.get(f"/api/v1/users/{name}")
        own = me.holder.is_person and name == me.holder.subject
        assert reply.status_code == (200 if own else 404)
        if not own:
            hidden.add(plain(reply))
    assert len(hidden) == 1


def update_user(me: Asking) -> None:
    for name in users(me):
        own = me.holder.is_person and name == me.holder.subject
        reply = me.send("PATCH", f"/api/v1/users/{name}", json={} if own else {"name": "Evil"})
        assert reply.status_code == (200 if own else 404)
        assert "Evil" not in reply.text


def read_description(me: Asking) -> None:
    assert not words_of(me.get("/api/v1/openapi.json"))


def list_unit_changes(me: Asking) -> None:
    """From the beginning, which nobody is given: what comes is the holder's own."""
    begun = me.get("/api/v1/units/changes").json()
    _, after, sight = json.loads(base64.urlsafe_b64decode(begun["next_since"] + "=="))
    since = base64.urlsafe_b64encode(json.dumps([1, after, sight]).encode()).decode().rstrip("=")
    items = me.get(f"/api/v1/units/changes?limit=1000&since={since}").json()["items"]
    assert {item["unitId"] for item in items if item["unit"] is not None} <= {lift.id for lift in me.holder.seen}
    assert {item["unitId"] for item in items} <= {lift.id for lift in me.holder.world.lifts}


PROBES: dict[tuple[str, str], Callable[[Asking], None]] = {
    ("/api/v1/units", "GET"): list_units,
    ("/api/v1/units/{unit_id}", "GET"): read_unit,
    ("/api/v1/units/changes", "GET"): list_unit_changes,
    ("/api/v1/sites", "GET"): list_sites,
    ("/api/v1/me", "GET"): read_me,
    ("/api/v1/me/limits", "GET"): read_limits,
    ("/api/v1/users/{user_id}", "GET"): read_user,
    ("/api/v1/users/{user_id}", "PATCH"): update_user,
    ("/api/v1/openapi.json", "GET"): read_description,
}
