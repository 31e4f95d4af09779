"""Row 61: where a reviewed application sends people, and how it looks to them, changed without anybody who looks."""

import re

import pytest

from hoistway.protocol.ids import ClientId
from hoistway.store.client_logos import find_logo
from hoistway.store.clients import Client, find_client
from hoistway.store.db import Database
from tests.portal.asking import approved, ask, decide, granted, operator, said, visitor
from tests.portal.pictures import PNG
from tests.portal.signing_in import Visitor
from tests.portal.telling import PLACE, animated_png, animated_webp, photo
from tests.server import Served
from tests.store.test_schema import on

WEB = {"type": "web", "redirect_uris": "https://app.example/cb"}
GOOD = "https://app.example/cb"


def row(served: Served, client_id: str) -> Client:
    async def work(db: Database) -> Client | None:
        return await find_client(db, ClientId(client_id))

    found = on(served.database, work)
    assert found is not None
    return found


def has_logo(served: Served, client_id: str) -> bool:
    async def work(db: Database) -> bool:
        return await find_logo(db, ClientId(client_id)) is not None

    return on(served.database, work)


def upload(one: Visitor, client_id: str, body: bytes = PNG) -> int:
    one.get(f"/portal/applications/{client_id}")
    path = f"/portal/applications/{client_id}/logo"
    reply = one.http.post(path, data={"csrf": one.csrf}, files={"logo": ("logo.png", body, "image/png")})
    return int(reply.status_code)


@pytest.mark.parametrize(
    ("redirects", "outs"),
    [
        (f"{GOOD}\nhttps://evil.example/cb", "https://evil.example/bye"),
        ("https://evil.example/cb", "https://evil.example/bye"),
        (f"{GOOD}\nhttps://app.example.evil.example/cb", "https://app.example.evil.example/"),
        (f"{GOOD}\nhttps://xn--pp-8cd.example/cb", "https://xn--pp-8cd.example/"),
        (GOOD, "https://evil.example/"),
    ],
)
def test_a_host_that_nobody_looked_at_is_neither_returned_nor_signed_out_to(
    served: Served, redirects: str, outs: str
) -> None:
    adam = visitor(served, "adam")
    client_id = approved(served, adam, **WEB)
    here = f"/portal/applications/{client_id}"
    adam.get(here)
    adam.post(f"{here}/addresses", redirect_uris=redirects, post_logout_uris=outs)
    found = row(served, client_id)
    assert found.redirect_uris == (GOOD,)
    assert found.post_logout_redirect_uris == ()
    _withdraw_all(adam)
    adam.get(here)
    adam.post(f"{here}/addresses", redirect_uris=GOOD, post_logout_uris=outs)
    assert row(served, client_id).post_logout_redirect_uris == (), "what was withdrawn is not registered"


def test_a_host_is_no_longer_registered_once_its_addresses_are_gone(served: Served) -> None:
    """One host is reviewed, removed and asked for again."""
    adam, olga = visitor(served, "adam"), operator(served)
    client_id = approved(served, adam, **WEB, name="Comes and goes")
    here = f"/portal/applications/{client_id}"
    adam.get(here)
    adam.post(f"{here}/addresses", redirect_uris=f"{GOOD}\nhttps://second.example/cb")
    (waits,) = _requests(adam, "Comes and goes")
    assert decide(olga, waits, "approve").status_code == 303
    adam.get(here)
    adam.post(f"{here}/addresses", redirect_uris=GOOD)
    adam.get(here)
    adam.post(f"{here}/addresses", redirect_uris=GOOD, post_logout_uris="https://second.example/bye")
    assert row(served, client_id).post_logout_redirect_uris == ()


def test_words_and_logo_wait_and_go_with_their_request(served: Served) -> None:
    adam = visitor(served, "adam")
    client_id = approved(served, adam, **WEB)
    here = f"/portal/applications/{client_id}"
    adam.get(here)
    assert adam.post(f"{here}/look", consent_text="Verified by security.").status_code == 303
    assert upload(adam, client_id) == 303
    assert row(served, client_id).consent_text is None
    assert not has_logo(served, client_id)
    _withdraw_all(adam)
    assert row(served, client_id).consent_text is None
    assert not has_logo(served, client_id)


def test_a_logo_is_one_picture_and_tells_nothing_beside(served: Served) -> None:
    """What comes after the frame that an operator looks at, and where the owner's photo was taken: neither for themselves nor for the brand."""
    adam, olga = visitor(served, "adam"), operator(served)
    client_id = granted(adam, **WEB)
    here = f"/portal/applications/{client_id}/logo"
    for body in (animated_png(), animated_webp(b"ANIM")):
        assert upload(adam, client_id, body) == 422
        assert adam.get(here).status_code == 404
        olga.get("/console/branding")
        files = {"logo": ("logo.png", body, "image/png")}
        assert olga.http.post("/console/branding/logo", data={"csrf": olga.csrf}, files=files).status_code == 422
    assert upload(adam, client_id, photo()) == 303
    kept = adam.http.get(here)
    assert kept.status_code == 200
    assert PLACE not in kept.content


def test_words_are_shown_as_they_were_looked_at(served: Served) -> None:
    """Asked for, replaced while an operator reads: the decision about the first is too late."""
    adam, olga = visitor(served, "adam"), operator(served)
    client_id = approved(served, adam, **WEB, name="Swapped under way")
    here = f"/portal/applications/{client_id}"
    adam.get(here)
    adam.post(f"{here}/look", consent_text="So that you see your lifts.")
    (waits,) = _requests(adam, "Swapped under way")
    olga.get(f"/console/requests/{waits}")
    adam.get(here)
    adam.post(f"{here}/look", consent_text="Verified by security.")
    for refused in (409, 422):
        # First with the form that she has open, then with one of the page as it is now, which has none to decide by.
        assert olga.post(f"/console/requests/{waits}", decision="approve", text="").status_code == refused
        assert row(served, client_id).consent_text is None
        olga.get(f"/console/requests/{waits}")


def test_direction_overrides_and_what_nobody_sees_are_dropped(served: Served) -> None:
    adam, olga = visitor(served, "adam"), operator(served)
    client_id = approved(served, adam, **WEB, name="Turned around")
    here = f"/portal/applications/{client_id}"
    adam.get(here)
    adam.post(f"{here}/look", consent_text="Shows \u202eytiruces yb deifirev\u202c \u2066li\u200bfts\u2069\ufeff.")
    (waits,) = _requests(adam, "Turned around")
    assert decide(olga, waits, "approve").status_code == 303
    text = row(served, client_id).consent_text or ""
    assert text == "Shows ytiruces yb deifirev lifts."


IMITATIONS = (
    "Ноistwаy", "HOISTWAY login", "Ｈｏｉｓｔｗａｙ", "Hоіѕtѡаy", "Հoistway", "ᎻᎾistway", "H\u0335oistway", "𝐇𝐨𝐢𝐬𝐭𝐰𝐚𝐲",
    "Ho1stvvay",
)  # fmt: skip


@pytest.mark.parametrize("name", IMITATIONS)
def test_a_name_that_looks_like_the_operators_is_told_or_refused(served: Served, name: str) -> None:
    """In production the operator sees it beside the request; in the sandbox nobody looks, so it is refused."""
    bob, olga = visitor(served, "bob"), operator(served)
    refused = ask(bob, name=name)
    assert refused.status_code == 422
    assert "looks like that of this service" in said(refused.text)
    reply = ask(bob, environment="production", purpose="Shows our lifts to people.", name=name)
    assert reply.status_code == 303, reply.text
    request_id = reply.headers["location"].split("/")[3].partition("?")[0]
    olga.get(f"/console/requests/{request_id}")
    assert "looks like that of this service" in said(olga.page)
    decide(olga, request_id, "reject", "Not your name.")


def _requests(one: Visitor, name: str) -> list[str]:
    one.get("/portal/applications")
    return re.findall(rf'/portal/requests/([0-9a-f-]{{36}})"><bdi>{name}', one.page)


def _withdraw_all(one: Visitor) -> None:
    one.get("/portal/applications")
    for request_id in set(re.findall(r"/portal/requests/([0-9a-f-]{36})", one.page)):
        one.get(f"/portal/requests/{request_id}")
        one.post(f"/portal/requests/{request_id}", do="withdraw")
