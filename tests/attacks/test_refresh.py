"""Refresh tokens: one successor, one client, never more than was granted."""

import json
from collections.abc import Iterator

import httpx2
import pytest

from hoistway.store.audit import latest_entries
from hoistway.store.db import Database
from tests.attacks.asking import (
    assert_refused_token,
    at_once,
    bearer,
    parts_of,
    password,
    post,
    refresh,
    refusal,
    web_tokens,
)
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person
from tests.server import Clock, Served, populate, serving
from tests.store.test_schema import on
from tests.world import API_URI, SECRET

INVALID = (400, "invalid_grant")


def test_one_successor_for_all_at_once(served: Served) -> None:
    """Row 25: and what is older than the grace window's generation revokes the family."""
    first = Person(served).tokens("spa", "ann", "openid offline_access units.read")["refresh_token"]
    replies = at_once(50, lambda _: refresh(served, first))
    assert {reply.status_code for reply in replies} == {200}
    successors = {reply.json()["refresh_token"] for reply in replies}
    assert len(successors) == 1
    second = successors.pop()
    assert second != first
    third = refresh(served, second).json()
    assert bearer(served, third["access_token"]).status_code == 200
    assert refusal(refresh(served, first)) == INVALID
    for token in (first, second, third["refresh_token"]):
        assert refusal(refresh(served, token)) == INVALID
    for access in (third["access_token"], replies[0].json()["access_token"]):
        assert_refused_token(bearer(served, access))


def test_a_changed_refresh_token(served: Served) -> None:
    """Row 25: a generation can't be made up, and trying revokes nothing."""
    token = Person(served).tokens("spa", "ann", "openid offline_access")["refresh_token"]
    family, generation, proof = token.split(".")
    for forged in (
        f"{family}.{int(generation) + 1}.{proof}",
        f"{family}.0{generation}.{proof}",
        f"{family}.{generation}.{proof[::-1]}",
        f"{family}.{generation}.",
        f"{family}x.{generation}.{proof}",
        f"{token}\n",
    ):
        assert refusal(refresh(served, forged)) == INVALID
    assert refresh(served, token).status_code == 200


@pytest.mark.parametrize("proof", [{}, {"client_secret": "evil"}, {"client_secret": SECRET[:-1]}])
def test_a_confidential_client_must_prove_itself(served: Served, proof: dict[str, str]) -> None:
    """Row 27: and the owner has lost nothing."""
    token = web_tokens(served, "ann", "openid offline_access")["refresh_token"]
    assert refusal(refresh(served, token, "web", **proof)) == (401, "invalid_client")
    assert refusal(refresh(served, token, "spa")) == INVALID
    assert refusal(refresh(served, token, "spa", client_secret=SECRET)) == (401, "invalid_client")
    assert refusal(refresh(served, token, "", client_secret=SECRET))[1] in {"invalid_client", "invalid_request"}
    assert refresh(served, token, "web", client_secret=SECRET).status_code == 200


@pytest.mark.parametrize(
    "wider",
    [
        "openid offline_access units.read profile.read",
        "profile.write",
        API_URI,
        f"{API_URI}/.default",
        f"{API_URI}/profile.read",
        "openid email",
        "spa",
    ],
)
def test_no_wider_scope_on_refresh(served: Served, wider: str) -> None:
    """Row 28: and the refresh token still gives what was granted."""
    token = Person(served).tokens("spa", "ann", "openid offline_access units.read")["refresh_token"]
    assert refusal(refresh(served, token, scope=wider)) == (400, "invalid_scope")
    answer = refresh(served, token).json()
    assert parts_of(answer["access_token"])[1]["scp"] == "units.read"


def test_leaving_scopes_out_beside_a_resource(served: Served) -> None:
    """Row 28: a resource alone means all of its scopes, but not where the person granted one of them."""
    asked = Person(served).tokens("spa", "ann", "openid offline_access units.read", resource=API_URI)
    token = asked["refresh_token"]
    for fewer in ("openid", "openid offline_access"):
        claims = parts_of(refresh(served, token, scope=fewer).json()["access_token"])[1]
        assert claims["scp"] == ""
        assert claims["aud"] != API_URI
    assert refusal(refresh(served, token, scope="openid", resource=API_URI)) == (400, "invalid_target")
    assert parts_of(refresh(served, token).json()["access_token"])[1]["scp"] == "units.read"


def test_less_in_another_spelling(served: Served) -> None:
    """Row 28: what was granted as the whole API can be narrowed to one of its scopes."""
    token = Person(served).tokens("spa", "ann", f"openid offline_access {API_URI}")["refresh_token"]
    for fewer in ("units.read", f"{API_URI}/units.read"):
        answer = refresh(served, token, scope=fewer).json()
        assert answer["scope"] == fewer
        assert parts_of(answer["access_token"])[1]["scp"] == "units.read"
    assert "profile.read" in str(parts_of(refresh(served, token).json()["access_token"])[1]["scp"]).split()


def test_the_resource_again_in_another_spelling(served: Served) -> None:
    """Row 29: the API's own URL, which its metadata names, is the same resource."""
    token = Person(served).tokens("spa", "ann", "offline_access units.read", resource=API_URI)["refresh_token"]
    assert refresh(served, token, resource=f"{served.url}/api/v1").status_code == 200
    assert refresh(served, token, resource=API_URI).status_code == 200


@pytest.mark.parametrize(
    "scope", ["openid", "offline_access", "evil", "units.read evil", "daemon-b", f"{API_URI}/evil"]
)
def test_no_wider_scope_for_a_daemon(served: Served, scope: str) -> None:
    """Row 28: client credentials give no more than the client's own scopes."""
    form = {"grant_type": "client_credentials", "client_id": "daemon", "client_secret": SECRET}
    assert refusal(post(served, **form, scope=scope)) == (400, "invalid_scope")


@pytest.mark.parametrize("scope", ["evil", "units.read evil", "spa", f"{API_URI}/evil"])
def test_no_wider_scope_by_password(served: Served, scope: str) -> None:
    """Row 28."""
    assert refusal(password(served, "daemon-a", scope=scope)) == (400, "invalid_scope")


@pytest.mark.parametrize("scope", ["openid offline_access", "openid offline_access units.read"])
@pytest.mark.parametrize("resource", ["https://evil.example/", "spa", f"{API_URI}/evil"])
def test_no_other_resource_on_refresh(served: Served, scope: str, resource: str) -> None:
    """Row 29."""
    token = Person(served).tokens("spa", "ann", scope)["refresh_token"]
    assert refusal(refresh(served, token, resource=resource)) == (400, "invalid_target")
    assert refresh(served, token).status_code == 200


def test_a_used_token_after_a_restart(engine_name: EngineName) -> None:
    """Row 26: what was used before the restart is known after it; the family ends, and with it the newest token."""
    url, clock = fresh_database(engine_name, populate), Clock()
    with serving(url, now=clock) as served:
        first = Person(served).tokens("spa", "ann", "openid offline_access units.read")["refresh_token"]
        second = refresh(served, first).json()["refresh_token"]
        third = refresh(served, second).json()
    with serving(url, now=clock) as served:
        assert refresh(served, second).json()["refresh_token"] == third["refresh_token"], (
            "its answer may have been lost"
        )
        assert refusal(refresh(served, first)) == INVALID
        assert refusal(refresh(served, third["refresh_token"])) == INVALID
    with serving(url, now=clock) as served:
        assert refusal(refresh(served, third["refresh_token"])) == INVALID
    drop_database(url)


@pytest.fixture
def turning() -> Clock:
    return Clock()


@pytest.fixture
def proxied(engine_name: EngineName, turning: Clock) -> Iterator[Served]:
    """Behind one proxy, so that requests may come from several addresses."""
    url = fresh_database(engine_name, populate)
    with serving(url, trusted_proxies=1, now=turning) as server:
        yield server
    drop_database(url)


def refresh_from(served: Served, token: str, address: str, program: str) -> httpx2.Response:
    form = {"grant_type": "refresh_token", "client_id": "spa", "refresh_token": token}
    headers = {"x-forwarded-for": address, "user-agent": program}
    return httpx2.post(f"{served.url}/oauth2/token", data=form, headers=headers, timeout=60)


def repeats(served: Served) -> list[dict[str, object]]:
    async def read(db: Database) -> list[dict[str, object]]:
        return [json.loads(entry.detail) for entry in await latest_entries(db, "grant.repeated")]

    return on(served.database, read)


OWNER, THIEF = ("192.0.2.1", "daemon/1.0"), ("198.51.100.66", "evil/1.0")


def test_a_stolen_token_in_turn_with_its_owner(proxied: Served) -> None:
    """Row 25: another program at another address inside the grace window: the family ends for both, and what it gave."""
    first = Person(proxied).tokens("spa", "ann", "openid offline_access units.read")["refresh_token"]
    owners = refresh_from(proxied, first, *OWNER).json()
    assert refresh_from(proxied, first, *OWNER).json()["refresh_token"] == owners["refresh_token"]
    assert refusal(refresh_from(proxied, first, *THIEF)) == INVALID
    assert refusal(refresh_from(proxied, owners["refresh_token"], *OWNER)) == INVALID
    assert_refused_token(bearer(proxied, owners["access_token"]))


@pytest.mark.parametrize("who", [(THIEF[0], OWNER[1]), (OWNER[0], THIEF[1])])
def test_a_repeat_from_elsewhere_leaves_a_trace(proxied: Served, who: tuple[str, str]) -> None:
    """Row 25: a program that changes its network, or two of one machine, are not signed out, but it is written down."""
    token = Person(proxied).tokens("spa", "ann", "openid offline_access")["refresh_token"]
    for _ in range(12):
        newest = refresh_from(proxied, token, *OWNER).json()["refresh_token"]
        assert refresh_from(proxied, token, *who).json()["refresh_token"] == newest
        token = newest
    told = repeats(proxied)
    assert sorted(int(str(entry["times"])) for entry in told) == [1, 10]
    assert {(entry["same_address"], entry["same_program"]) for entry in told} == {
        (who[0] == OWNER[0], who[1] == OWNER[1])
    }
    assert not any(word in json.dumps(told) for word in (*OWNER, *THIEF))


@pytest.mark.parametrize("who", [(THIEF[0], OWNER[1]), (OWNER[0], THIEF[1])])
def test_a_late_repeat_from_elsewhere_revokes(proxied: Served, turning: Clock, who: tuple[str, str]) -> None:
    """Row 25: its grace window is short; the same program at the same address has a minute for a lost answer."""
    token = Person(proxied).tokens("spa", "ann", "openid offline_access")["refresh_token"]
    newest = refresh_from(proxied, token, *OWNER).json()["refresh_token"]
    turning.turn(10)
    assert refresh_from(proxied, token, *who).json()["refresh_token"] == newest
    turning.turn(50)
    assert refresh_from(proxied, token, *OWNER).json()["refresh_token"] == newest
    assert refusal(refresh_from(proxied, token, *who)) == INVALID
    assert refusal(refresh_from(proxied, newest, *OWNER)) == INVALID


def test_racing_threads_are_told_seldom(proxied: Served) -> None:
    """Row 25: they all get the same successor; the trail has a line for the first and the tenth repeat."""
    token = Person(proxied).tokens("spa", "ann", "openid offline_access")["refresh_token"]
    replies = at_once(20, lambda _: refresh_from(proxied, token, *OWNER))
    assert len({reply.json()["refresh_token"] for reply in replies}) == 1
    told = repeats(proxied)
    assert {(entry["same_address"], entry["same_program"]) for entry in told} == {(True, True)}
    assert sorted(int(str(entry["times"])) for entry in told) == [1, 10]
