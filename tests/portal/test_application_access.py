"""Who may see and change an application, a request and what hangs on them; another customer's is not there at all."""

import re
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import bindparam, update

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.sessions import SESSIONS
from tests.portal.asking import PRODUCTION, approved, asked, decide, granted, made_secret, operator, visitor
from tests.portal.pictures import PNG
from tests.portal.signing_in import Visitor
from tests.server import Served, change
from tests.world import NOW, PASSWORD, A, is_named


class Owned:
    """An application of customer c-a with everything that an application can have."""

    def __init__(self, served: Served) -> None:
        adam = visitor(served, "adam")
        web = {"type": "web", "redirect_uris": "https://app.example/cb"}
        self.client_id = approved(served, adam, name="Owned by c-a", **web)
        self.sandbox_id = granted(adam, name="Tried by c-a", **web)
        self.request_id = asked(adam, name="Asked by c-a", **web)
        for client_id in (self.client_id, self.sandbox_id):
            made_secret(adam, client_id)
            path = f"/portal/applications/{client_id}/logo"
            adam.http.post(path, data={"csrf": adam.token(path)}, files={"logo": ("l.png", PNG)})
        adam.get(f"/portal/applications/{self.client_id}")
        waits = re.search(r'waits for an operator. <a href="/portal/requests/([0-9a-f-]{36})"', adam.page)
        assert waits is not None
        assert decide(operator(served), waits[1], "approve").status_code == 303
        adam.get(f"/portal/applications/{self.client_id}")
        found = re.search(r"/secrets/([0-9a-f-]{36})", adam.page)
        assert found is not None
        self.secret_id = found[1]
        assert adam.get(f"/portal/applications/{self.client_id}/logo").content == PNG


@pytest.fixture(scope="module")
def owned(served: Served) -> Owned:
    return Owned(served)


GETS = ("/portal/applications/{id}", "/portal/applications/{id}/logo", "/portal/requests/{request}",
        "/portal/applications/new?from={id}", "/portal/applications/new?again={request}")  # fmt: skip
POSTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/portal/applications/{id}/secrets", {"lifetime": "90"}),
    ("/portal/applications/{id}/secrets/{secret}", {"confirm": "hws_xxxx"}),
    ("/portal/applications/{id}/addresses", {"redirect_uris": "https://evil.example/cb"}),
    ("/portal/applications/{id}/look", {"consent_text": "Evil"}),
    ("/portal/applications/{id}/logo", {"remove": "yes"}),
    ("/portal/applications/{id}/transfer", {"customer": "c-b", "transfer_confirm": "Owned by c-a"}),
    ("/portal/applications/{id}/off", {"off_confirm": "Owned by c-a"}),
)
OF_REQUEST = (
    ("/portal/requests/{request}", {"do": "answer", "text": "Evil"}),
    ("/portal/requests/{request}", {"do": "withdraw"}),
)


def filled(path: str, owned: Owned, client_id: str) -> str:
    return path.format(id=client_id, request=owned.request_id, secret=owned.secret_id)


@pytest.mark.parametrize("side", ["client_id", "sandbox_id"])
def test_another_customers_is_as_unknown_as_none(served: Served, owned: Owned, side: str) -> None:
    """Each address, by each verb, for an administrator of the other customer: 404, and the same page as for nonsense."""
    make_administrator(served)
    boss, client_id = visitor(served, "bob"), str(getattr(owned, side))
    boss.get("/portal/applications/new")
    form = boss.csrf

    def send(method: str, path: str, data: dict[str, str] | None = None) -> httpx2.Response:
        return boss.http.request(method, path, data=None if data is None else {"csrf": form, **data})

    for path in GETS:
        reply = send("GET", filled(path, owned, client_id))
        assert reply.status_code == 404, path
        assert not is_named("c-a", stripped(reply))
    for path, data in (*POSTS, *OF_REQUEST):
        reply = send("POST", filled(path, owned, client_id), data)
        assert reply.status_code == 404, path
        none = send("POST", path.format(id="none", request="none", secret="none"), data)
        assert stripped(none) == stripped(reply), path
    upload = boss.http.post(
        f"/portal/applications/{client_id}/logo", data={"csrf": form}, files={"logo": ("l.png", PNG)}
    )
    assert upload.status_code == 404
    for path in ("/portal/applications", "/portal/applications?closed=yes"):
        assert "by c-a" not in send("GET", path).text
    adam = visitor(served, "adam")
    adam.get(f"/portal/applications/{client_id}")
    assert "evil.example" not in adam.page
    assert "Evil" not in adam.page
    assert "Active" in adam.page


def stripped(reply: httpx2.Response) -> str:
    """Without what differs between any two answers."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(Z| UTC)", "", reply.text)


def make_administrator(served: Served) -> None:
    async def work(tx: Writer) -> None:
        await put_membership(tx, Membership(UserId("u-bob"), CustomerId("c-b"), "administrator", "all", NOW))

    change(served.database, work)


def test_a_secret_of_another_application_is_not_revoked(served: Served, owned: Owned) -> None:
    adam = visitor(served, "adam")
    adam.get(f"/portal/applications/{owned.sandbox_id}")
    reply = adam.post(f"/portal/applications/{owned.sandbox_id}/secrets/{owned.secret_id}", confirm="hws_")
    assert reply.status_code == 404


def test_members_see_production_and_change_nothing(served: Served, owned: Owned) -> None:
    ann = visitor(served, "ann")
    ann.get(f"/portal/applications/{owned.client_id}")
    assert "Owned by c-a" in ann.page
    assert "changed by administrators" in ann.page
    assert f"{owned.client_id}/secrets" not in ann.page
    ann.get("/portal/applications/new")
    for path, data in POSTS:
        reply = ann.post(filled(path, owned, owned.client_id), **data)
        assert reply.status_code == 403, path
        ann.get("/portal/applications/new")


def test_members_change_what_is_simulated_and_give_nothing_away(served: Served) -> None:
    ann = visitor(served, "ann")
    client_id = granted(ann, type="web")
    assert made_secret(ann, client_id).startswith("hws_")
    ann.get(f"/portal/applications/{client_id}")
    assert "Give to another customer" not in ann.page
    form = {"customer": "c-b", "transfer_confirm": "Harbour dashboard"}
    assert ann.post(f"/portal/applications/{client_id}/transfer", **form).status_code == 403


@pytest.mark.parametrize("column", ["customer_id", "acting_for"])
def test_an_employee_who_is_no_operator_looks_at_nothing(served: Served, owned: Owned, column: str) -> None:
    """Whatever the session says: acting for a customer is for operators."""
    emil = Visitor(served.url)
    emil.get("/sign-in?next=/portal")
    emil.post("/sign-in?next=/portal", username="emil@example.com", password=PASSWORD)
    assert emil.get("/portal/applications").status_code == 403
    change(served.database, _acts("u-emil", column))
    assert emil.get(f"/portal/applications/{owned.client_id}").status_code == 403
    assert emil.get("/portal/applications/new").status_code == 403
    emil.get("/portal/inspector")
    for path, data in (*POSTS, *OF_REQUEST):
        reply = emil.post(filled(path, owned, owned.client_id), **data)
        assert reply.status_code == 403, path


def _acts(user_id: str, column: str) -> Callable[[Writer], Awaitable[None]]:
    async def work(tx: Writer) -> None:
        clause = (
            update(SESSIONS).where(SESSIONS.c.user_id == bindparam("b_user")).values({column: bindparam("customer")})
        )
        await tx.run(Statement(lambda: clause, nothing), {"b_user": user_id, "customer": A})

    return work


@pytest.mark.parametrize("path", ["/console/requests", "/console/requests/none"])
@pytest.mark.parametrize("name", ["ann", "adam"])
def test_the_queue_is_for_operators(served: Served, owned: Owned, path: str, name: str) -> None:
    one = visitor(served, name)
    assert one.get(path).status_code == 403
    one.get("/portal/applications/new")
    reply = one.post(f"/console/requests/{owned.request_id}", decision="approve", text="")
    assert reply.status_code == 403


def test_strangers_are_asked_to_sign_in(served: Served, owned: Owned) -> None:
    one = Visitor(served.url)
    for path in ("/portal/applications", f"/portal/applications/{owned.client_id}", "/console/requests"):
        reply = one.get(path)
        assert reply.status_code == 303
        assert reply.headers["location"].startswith("/sign-in?next=")


def test_no_form_without_its_token(served: Served, owned: Owned) -> None:
    """From another site, with another's token, or without one: nothing is asked for, made, changed or decided."""
    adam, olga, other = visitor(served, "adam"), operator(served), visitor(served, "ann")
    paths = [(adam, filled(path, owned, owned.client_id), data) for path, data in (*POSTS, *OF_REQUEST)]
    paths.append((adam, "/portal/applications/new", PRODUCTION))
    paths.append((adam, "/portal/applications/check", {"redirect_uris": "x"}))
    paths.append((olga, f"/console/requests/{owned.request_id}", {"decision": "approve"}))
    other.get("/portal/applications/new")
    for one, path, data in paths:
        for sent in ({}, {"csrf": ""}, {"csrf": "x" * 43}, {"csrf": other.csrf}):
            assert one.http.post(path, data={**sent, **data}).status_code == 400, path
    adam.get("/portal/applications/new")
    for one, path, data in paths[:-1]:
        foreign = {"origin": "https://evil.example"}
        assert one.http.post(path, data={"csrf": adam.csrf, **data}, headers=foreign).status_code == 400, path
    adam.get(f"/portal/requests/{owned.request_id}")
    assert "In review" in adam.page
    assert decide(olga, owned.request_id, "ask", "Still open?").status_code == 303
