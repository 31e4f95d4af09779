"""Who gets in (https://www.rfc-editor.org/rfc/rfc9068#section-4): really signed tokens, a directory made up."""

from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from hoistway.api.guard import Caller, admit
from hoistway.api.problems import Problem
from hoistway.authn.offers import Offers
from hoistway.endpoints.judge import REMEMBERED
from hoistway.engine import Engine
from hoistway.protocol.errors import InvalidRequest
from hoistway.protocol.ids import CustomerId, KeyId
from hoistway.protocol.jwt import SigningKey, VerifyingKey, sign, verify
from hoistway.protocol.subject import Subject
from tests.api.requests import BASE, make_engine, make_request

AUDIENCE = "https://api.example/prod"
KEY = SigningKey(KeyId("k1"), "ES256", ec.generate_private_key(ec.SECP256R1()))
OTHER = SigningKey(KeyId("k1"), "ES256", ec.generate_private_key(ec.SECP256R1()))
CLAIMS: dict[str, Any] = {
    "iss": BASE, "aud": AUDIENCE, "sub": "u-1", "customer": "c-1", "client_id": "app", "jti": "j", "grant_id": "g",
    "scope": "openid units.read", "iat": 1000, "nbf": 1000, "exp": 2000,
}  # fmt: skip


class World:
    """An engine whose every part a test may change."""

    def __init__(self) -> None:
        self.now, self.verifications, self.revoked = 1500, 0, set[str]()
        self.disabled_at: int | None = None
        self.subject: Subject | None = Subject("user", "u-1", "kim", "Kim", (), (), CustomerId("c-1"))
        self.apis = {"customer-api": SimpleNamespace(audience=AUDIENCE, acr=None, max_age=None, key_names=None)}
        self.keys = {"k1": VerifyingKey(KEY.kid, "ES256", KEY.private.public_key())}
        self.engine = self._engine()

    def verify(self, token: str, typ: frozenset[str]) -> dict[str, Any]:
        self.verifications += 1
        return verify(token, self.keys, typ=typ)

    async def catch_up(self, _db: object, _now: int) -> None:
        """No other process has made a key."""

    def _engine(self) -> Engine:
        async def apis(now: int) -> object:
            return SimpleNamespace(by_id=self.apis)

        async def client(client_id: str, now: int) -> object:
            found = SimpleNamespace(
                client=SimpleNamespace(disabled_at=self.disabled_at, environment="production", ended_at=None)
            )
            return found if client_id == "app" else None

        async def subject(kind: str, subject_id: str, customer_id: str, now: int, _environment: str) -> Subject | None:
            found = self.subject
            return (
                found
                if found and (found.kind, found.id, found.customer_id) == (kind, subject_id, customer_id)
                else None
            )

        directory = SimpleNamespace(apis=apis, client=client, subject=subject, known_offers=lambda now: Offers())
        return make_engine(
            db=None, directory=directory, keyring=self, revoked=self.revoked, verified={}, now=lambda: self.now
        )

    async def admit(self, token: str, scope: str | None = "units.read") -> Caller:
        return await admit(self.engine, make_request(authorization=f"Bearer {token}"), scope)

    async def refusal(self, token: str, scope: str | None = "units.read") -> Problem:
        with pytest.raises(Problem) as refused:
            await self.admit(token, scope)
        assert token not in refused.value.detail
        return refused.value


@pytest.fixture
def world() -> World:
    return World()


def token(key: SigningKey = KEY, typ: str = "at+jwt", **changes: Any) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return sign(key, claims, typ)


async def test_the_caller(world: World) -> None:
    caller = await world.admit(token())
    assert (caller.reach.customer_id, caller.reach.limited_to) == ("c-1", None)
    assert caller.scopes == {"openid", "units.read"}
    world.subject = Subject("user", "u-1", "kim", "Kim", (), (), CustomerId("c-1"), limited=True)
    assert (await world.admit(token())).reach.limited_to == "u-1"


@pytest.mark.parametrize(
    ("bad", "cause"),
    [
        (token(exp=1500), "expired"),
        (token(nbf=1501), "not valid yet"),
        (token(exp="2000"), "exp"),
        (token(aud="app"), "another API"),
        (token(aud=None), "another API"),
        (token(iss="https://evil.example"), "another server"),
        (token(iss=f"{BASE}.evil.example/"), "another server"),
        (token(typ="JWT"), "another kind"),
        (token(OTHER), "signature"),
        (token(SigningKey(KeyId("k2"), "ES256", OTHER.private)), "key"),
        (token(client_id="gone"), "application is disabled"),
        (token(client_id=None), "no client_id"),
        (token(customer=None), "no customer"),
        (token(sub=7), "no sub"),
        (token(customer="c-2"), "account or customer"),
        (token(service_account=True), "account or customer"),
        ("a.b.c", "not accepted"),
        ("x" * 20000, "longer"),
    ],
)
async def test_refused_tokens(world: World, bad: str, cause: str) -> None:
    problem = await world.refusal(bad)
    assert (problem.status, problem.error) == (401, "invalid_token")
    assert cause in problem.detail


async def test_the_scope(world: World) -> None:
    problem = await world.refusal(token(), "profile.write")
    assert (problem.status, problem.error, problem.scope) == (403, "insufficient_scope", "profile.write")
    assert (await world.refusal(token(scope="units.reader my.units.read"))).status == 403
    assert (await world.admit(token(scope=""), None)).scopes == frozenset()


async def test_a_remembered_token_loses_access_too(world: World) -> None:
    held = token()
    await world.admit(held)
    await world.admit(held)
    assert world.verifications == 1
    world.disabled_at = 1500
    assert "application" in (await world.refusal(held)).detail
    world.disabled_at = None
    for revoked in ("j", "g"):
        world.revoked.add(revoked)
        assert "revoked" in (await world.refusal(held)).detail
        world.revoked.clear()
    world.apis.clear()
    assert "API is disabled" in (await world.refusal(held)).detail
    world.apis["customer-api"] = SimpleNamespace(audience=AUDIENCE, acr=None, max_age=None, key_names=None)
    world.subject = None
    assert "account or customer" in (await world.refusal(held)).detail


async def test_a_remembered_token_ends(world: World) -> None:
    held = token()
    await world.admit(held)
    world.keys.clear()
    world.now += REMEMBERED
    assert "key" in (await world.refusal(held)).detail
    world.keys["k1"] = VerifyingKey(KEY.kid, "ES256", KEY.private.public_key())
    world.now = 1999
    await world.admit(held)
    world.now = 2000
    assert "expired" in (await world.refusal(held)).detail


@pytest.mark.parametrize(
    ("query", "headers", "status", "error"),
    [
        ("", {}, 401, None),
        ("", {"authorization": "Basic YTpi"}, 401, None),
        ("", {"authorization": "Bearer"}, 400, "invalid_request"),
        ("", {"authorization": "Bearer a b"}, 400, "invalid_request"),
        (f"access_token={token()}", {}, 400, "invalid_request"),
        (f"access%5Ftoken={token()}", {"authorization": f"Bearer {token()}"}, 400, "invalid_request"),
    ],
)
async def test_where_the_token_travels(
    world: World, query: str, headers: dict[str, str], status: int, error: str | None
) -> None:
    with pytest.raises(Problem) as refused:
        await admit(world.engine, make_request(query=query, **headers), None)
    assert (refused.value.status, refused.value.error) == (status, error)


async def test_a_query_that_nobody_can_read(world: World) -> None:
    with pytest.raises(InvalidRequest):
        await admit(world.engine, make_request(query="a=1&a=2", authorization=f"Bearer {token()}"), None)
