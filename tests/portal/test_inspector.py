"""The token inspector: its verdict is what the API does, it tells nobody of another's customer, and it keeps nothing."""

import io
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from html import unescape

import httpx2
import pytest
from sqlalchemy import select

from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId, UserId
from hoistway.protocol.jwt import b64url
from hoistway.store.audit import AUDIT
from hoistway.store.clients import set_client_disabled
from hoistway.store.customers import set_customer_disabled
from hoistway.store.db import Database, Statement, Writer
from hoistway.store.memberships import Membership, put_membership, remove_membership
from hoistway.store.open import open_database
from hoistway.store.service_accounts import set_service_account_disabled
from hoistway.store.users import set_user_disabled, set_user_password
from tests.attacks.asking import daemon_token, post
from tests.engines import ENGINES, drop_database, fresh_database
from tests.flows.browser import Person
from tests.portal.signing_in import Visitor
from tests.sandbox import add_sandbox
from tests.server import Clock, Served, change, populate, serving
from tests.world import API_URI, DIGEST, FAR, PASSWORD, SECRET, TENANT

INSPECTOR = "/portal/inspector"
ACCEPTED, REFUSED = "The Customer API accepts this token", "The Customer API refuses this token"


@dataclass
class Stage:
    """A server whose clock and log the test holds."""

    served: Served
    clock: Clock
    log: io.StringIO = field(default_factory=io.StringIO)


@pytest.fixture(params=ENGINES)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    url, clock, log = fresh_database(request.param, populate), Clock(), io.StringIO()
    with redirect_stderr(log), serving(url, now=clock, access_log=True) as served:
        yield Stage(served, clock, log)
    drop_database(url)


def inspected(visitor: Visitor, token: str, unit: str = "") -> str:
    visitor.get(INSPECTOR)
    reply = visitor.post(INSPECTOR, token=token, unit=unit)
    assert reply.status_code == 200, reply.text
    assert reply.headers["cache-control"] == "no-store"
    return re.sub(r"<[^>]+>", "", unescape(reply.text))


def called(served: Served, token: str) -> int:
    reply = httpx2.get(f"{served.url}/api/v1/me", headers={"authorization": f"Bearer {token}"})
    return reply.status_code


def person_token(served: Served, name: str, scope: str = "openid units.read", client_id: str = "spa") -> dict[str, str]:
    return Person(served).tokens(client_id, name, scope)


def test_an_accepted_token_with_what_it_opens(stage: Stage) -> None:
    ann = Visitor(stage.served.url).sign_in("ann")
    token = daemon_token(stage.served)
    text = inspected(ann, token, "US-c-a-10")
    assert called(stage.served, token) == 200
    assert ACCEPTED in text
    assert "It opens 10 units of Customer c-a: all of them." in text
    assert "US-c-a-10, US-c-a-11" in text
    assert "Yes, it opens US-c-a-10." in text
    assert "No, it does not open US-c-b-10: the unit is not in its customer" in inspected(ann, token, "US-c-b-10")
    assert "No, it does not open US-nowhere: the unit is not in its customer" in inspected(ann, token, "US-nowhere")
    narrow = daemon_token(stage.served, scope="profile.read")
    text = inspected(ann, narrow, "US-c-a-10")
    assert "the token lacks the scope units.read" in text
    assert "scope missing" in text
    limited = person_token(stage.served, "few")["access_token"]
    text = inspected(ann, limited, "US-c-a-20")
    assert "It opens 5 units of Customer c-a, those of the sites" in text
    assert "No, it does not open US-c-a-20" in text
    ann.close()


def test_a_token_issued_below_tfp_is_this_server_s(stage: Stage) -> None:
    form = {
        "grant_type": "password",
        "client_id": "ropc",
        "username": "daemon-a",
        "password": PASSWORD,
        "scope": API_URI,
    }
    token = post(stage.served, f"/tfp/{TENANT}/b2c_1_ropc/oauth2/v2.0/token", **form).json()["access_token"]
    ann = Visitor(stage.served.url).sign_in("ann")
    assert ACCEPTED in inspected(ann, token)
    assert called(stage.served, token) == 200
    ann.close()


async def _customer(tx: Writer) -> None:
    await set_customer_disabled(tx, CustomerId("c-a"), 1)


async def _application(tx: Writer) -> None:
    await set_client_disabled(tx, ClientId("daemon"), 1)


async def _account(tx: Writer) -> None:
    await set_service_account_disabled(tx, ServiceAccountId("sa-a"), 1)


async def _user(tx: Writer) -> None:
    await set_user_disabled(tx, UserId("u-ann"), 1)


async def _password(tx: Writer) -> None:
    await set_user_password(tx, UserId("u-ann"), DIGEST, FAR)


async def _membership(tx: Writer) -> None:
    await remove_membership(tx, UserId("u-ann"), CustomerId("c-a"))


async def _back(tx: Writer) -> None:
    await remove_membership(tx, UserId("u-ann"), CustomerId("c-a"))
    await put_membership(tx, Membership(UserId("u-ann"), CustomerId("c-a"), "member", "all", FAR))


@pytest.mark.parametrize(
    ("work", "whose", "sentence"),
    [
        (_customer, "daemon", "The customer Customer c-a is disabled."),
        (_application, "daemon", "The application Daemon is disabled."),
        (_account, "daemon", "The account Daemon a is disabled."),
        (_user, "ann", "The account Ann is disabled."),
        (_password, "ann", "The password of Ann was changed since it was issued."),
        (_membership, "ann", "Ann has no place in the customer c-a any more."),
        (_back, "ann", "It is from before its person joined the customer"),
    ],
)
def test_what_is_disabled_or_gone_is_named_and_the_api_agrees(
    stage: Stage, work: Callable[[Writer], Awaitable[None]], whose: str, sentence: str
) -> None:
    served = stage.served
    token = daemon_token(served) if whose == "daemon" else person_token(served, whose)["access_token"]
    olga = Visitor(served.url).sign_in("olga")
    assert ACCEPTED in inspected(olga, token)
    change(served.database, work)
    stage.clock.turn(5)  # what a process remembers
    text = inspected(olga, token, "US-c-a-10")
    assert called(served, token) == 401
    assert REFUSED in text
    assert sentence in text
    assert "No, it does not open US-c-a-10: the token itself is refused." in text
    olga.close()


def test_an_expired_one_a_revoked_one_and_an_id_token(stage: Stage) -> None:
    served = stage.served
    ann = Visitor(served.url).sign_in("ann")
    tokens = person_token(served, "ann")
    assert "This is an ID token." in inspected(ann, tokens["id_token"])
    post(served, "/oauth2/revoke", client_id="daemon", client_secret=SECRET, token=(gone := daemon_token(served)))
    text = inspected(ann, gone)
    assert called(served, gone) == 401
    assert REFUSED in text
    assert "It was revoked." in text
    stage.clock.turn(3600)
    text = inspected(ann, tokens["access_token"])
    assert called(served, tokens["access_token"]) == 401
    assert re.search(r"It ended at 20\d\d-.* UTC, \d+ s ago\.", text)
    ann.close()


def test_a_sign_in_that_was_revoked_takes_its_tokens_along(stage: Stage) -> None:
    served = stage.served
    ann = Visitor(served.url).sign_in("ann")
    tokens = person_token(served, "ann", "openid offline_access units.read")
    post(served, "/oauth2/revoke", client_id="spa", token=tokens["refresh_token"])
    assert called(served, tokens["access_token"]) == 401
    assert "The sign-in or refresh token behind it was revoked" in inspected(ann, tokens["access_token"])
    ann.close()


def test_a_token_of_the_sandbox_opens_simulated_units_to_read(stage: Stage) -> None:
    served = stage.served
    change(served.database, add_sandbox)
    stage.clock.turn(5)
    token = person_token(served, "ann", "openid units.read profile.write", client_id="sand")["access_token"]
    ann, bob = Visitor(served.url).sign_in("ann"), Visitor(served.url).sign_in("bob")
    text = inspected(ann, token)
    assert called(served, token) == 200
    assert ACCEPTED in text
    assert re.search(r"PATCH /api/v1/users/\{user_id\}\s*profile.write\s*scope missing", text)
    assert ACCEPTED not in inspected(bob, token)
    for visitor in (ann, bob):
        visitor.close()


@pytest.mark.parametrize("name", ["bob", None])
def test_others_learn_only_what_the_token_itself_says(stage: Stage, name: str | None) -> None:
    served = stage.served
    other = Visitor(served.url)
    if name is not None:
        other.sign_in(name)
    token = daemon_token(served)
    before = inspected(other, token, "US-c-a-10")
    assert "This server signed this token" in before
    assert "told to readers of its customer alone" in before
    assert "opens 10 units" not in before
    assert ACCEPTED not in before
    assert "Customer c-a" not in before
    for work in (_application, _account, _customer):
        change(served.database, work)
    stage.clock.turn(5)
    after = inspected(other, token, "US-c-a-10")
    clocks = r"The server’s clock says [^.]*\.|\(ends in [^)]*\)|\s+"
    assert re.sub(clocks, "", after) == re.sub(clocks, "", before)
    other.close()


def test_a_forged_token_is_no_key_to_whether_something_exists(stage: Stage) -> None:
    ann = Visitor(stage.served.url).sign_in("ann")
    header, _claims, signature = daemon_token(stage.served).split(".")
    said = []
    for client in ("daemon-b", "no-such-one"):
        claims = f'{{"customer":"c-a","client_id":"{client}","sub":"sa-b","service_account":true,"exp":4000000000}}'
        text = inspected(ann, f"{header}.{b64url(claims.encode())}.{signature}")
        assert "This server did not sign this token as it stands" in text
        said.append(text.replace(client, ""))
    clock = r"The server’s clock says [^.]*\."
    assert re.sub(clock, "", said[0]) == re.sub(clock, "", said[1])
    ann.close()


def test_hostile_claims_are_text(stage: Stage) -> None:
    hostile = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    ann = Visitor(stage.served.url).sign_in("ann")
    header = b64url(b'{"alg":"ES256","kid":"<script>","typ":"<b>"}')
    claims = b64url(httpx2.Response(200, json={hostile: hostile, "iss": [hostile], "exp": hostile}).content)
    ann.get(INSPECTOR)
    page = ann.post(INSPECTOR, token=f"{header}.{claims}.x", unit=hostile).text
    assert "<img" not in page
    assert "<script>" not in page
    assert "<b>" not in page
    assert "{{7*7}}" in page
    ann.close()


@pytest.mark.parametrize(("token", "word"), [("", "Nothing was pasted"), ("s3cr3t", "This has no dots")])
def test_what_is_no_token_is_refused_beside_its_field(stage: Stage, token: str, word: str) -> None:
    visitor = Visitor(stage.served.url, "en")
    visitor.get(INSPECTOR)
    reply = visitor.post(INSPECTOR, token=token, unit="US-1")
    assert reply.status_code == 422
    assert word in reply.text
    assert 'aria-invalid="true"' in reply.text
    assert 'value="US-1"' in reply.text
    assert not token or token not in reply.text
    visitor.close()


def test_a_form_without_its_token_against_forgery_is_refused(stage: Stage) -> None:
    visitor = Visitor(stage.served.url)
    visitor.get(INSPECTOR)
    assert visitor.http.post(INSPECTOR, data={"token": "a.b.c"}).status_code == 400
    visitor.close()


async def _audited(url: str) -> str:
    db: Database = await open_database(url)
    rows = await db.all(Statement(lambda: select(AUDIT), lambda *row: row), {})
    await db.close()
    return repr(rows)


async def test_nothing_of_a_token_is_kept_or_echoed(stage: Stage) -> None:
    ann = Visitor(stage.served.url).sign_in("ann")
    token = daemon_token(stage.served)
    ann.get(INSPECTOR)
    reply = ann.post(INSPECTOR, token=token, unit="US-c-a-10")
    parts = token.split(".")
    seen = {
        "page": reply.text,
        "cookies": repr(reply.headers.get_list("set-cookie")),
        "log": stage.log.getvalue(),
        "audit": await _audited(stage.served.database),
    }
    assert '"path": "/portal/inspector"' in seen["log"]
    assert [where for where, text in seen.items() for part in parts if part in text] == []
    ann.close()


def test_german(stage: Stage) -> None:
    ann = Visitor(stage.served.url, "de").sign_in("ann")
    text = inspected(ann, daemon_token(stage.served), "US-c-b-10")
    assert "Die Customer API nimmt dieses Token an" in text
    assert "Nein, es öffnet US-c-b-10 nicht" in text
    ann.close()
