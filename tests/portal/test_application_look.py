"""Logos are what their bytes say and are served as nothing else; the consent page shows the owner's words and logo."""

import re

import httpx2
import pytest

from hoistway.web.bare_picture import bare_picture
from hoistway.web.picture import LIMIT
from tests.attacks.asking import CHALLENGE
from tests.flows.browser import Person
from tests.portal.asking import approved, decide, granted, operator, said, visitor
from tests.portal.pictures import PNG, SVG, jpeg, png
from tests.portal.signing_in import Visitor
from tests.portal.telling import animated_png
from tests.server import Served

WEB = {"type": "web", "redirect_uris": "https://app.example/cb"}


def upload(one: Visitor, client_id: str, body: bytes, name: str = "logo.png") -> httpx2.Response:
    path = f"/portal/applications/{client_id}/logo"
    return one.http.post(path, data={"csrf": one.token(path)}, files={"logo": (name, body, "image/png")})


def test_a_logo_is_what_its_bytes_say_and_is_served_as_nothing_else(served: Served) -> None:
    adam = visitor(served, "adam")
    client_id = granted(adam, **WEB)
    here = f"/portal/applications/{client_id}"
    assert adam.get(f"{here}/logo").status_code == 404
    for body, media_type in ((PNG, "image/png"), (jpeg(), "image/jpeg")):
        assert upload(adam, client_id, body, "evil.svg").status_code == 303
        reply = adam.http.get(f"{here}/logo")
        assert (reply.content, reply.headers["content-type"]) == (bare_picture(body)[1], media_type)
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in reply.headers["content-security-policy"]
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        tag = {"if-none-match": reply.headers["etag"]}
        assert adam.http.get(f"{here}/logo", headers=tag).status_code == 304
    adam.get(here)
    assert f'src="{here}/logo"' in adam.page
    assert adam.post(f"{here}/logo", remove="yes").status_code == 303
    assert adam.get(f"{here}/logo").status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (SVG, "no PNG, WebP or JPEG"),
        (b"", "Choose a picture"),
        (png(2000, 8), "1024 pixels"),
        (PNG[:20], "damaged"),
        (animated_png(), "animated"),
    ],
)
def test_a_file_that_is_no_picture_is_refused(served: Served, body: bytes, words: str) -> None:
    adam = visitor(served, "adam")
    client_id = granted(adam, **WEB)
    reply = upload(adam, client_id, body)
    assert reply.status_code == 422
    assert words in said(reply.text)
    assert adam.get(f"/portal/applications/{client_id}/logo").status_code == 404


def test_a_file_too_large_is_refused_before_it_is_read(served: Served) -> None:
    adam = visitor(served, "adam")
    client_id = granted(adam, **WEB)
    for size in (LIMIT, 3 * LIMIT):
        assert upload(adam, client_id, png(more=size)).status_code == 413
    two = [("logo", ("a.png", PNG)), ("more", ("b.png", PNG))]
    path = f"/portal/applications/{client_id}/logo"
    assert adam.http.post(path, data={"csrf": adam.csrf}, files=two).status_code == 400
    other = f"/portal/applications/{client_id}/look"
    assert adam.http.post(other, data={"csrf": adam.csrf}, files={"logo": ("a.png", PNG)}).status_code == 400


def consent_page(served: Served, client_id: str, name: str = "ann") -> str:
    person = Person(served)
    where = {"scope": "openid units.read", "redirect_uri": "https://app.example/cb", **CHALLENGE}
    return person.sign_in(person.authorize(client_id, **where), name).text


def test_in_the_sandbox_words_show_at_once_and_no_logo(served: Served) -> None:
    """And the consent page says that it is a sandbox; nobody looked at the logo there."""
    adam = visitor(served, "adam")
    client_id = granted(adam, **WEB)
    here = f"/portal/applications/{client_id}"
    assert upload(adam, client_id, PNG).status_code == 303
    text = "So that <b>you</b> see your lifts.\nOnly that."
    assert adam.post(f"{here}/look", consent_text=text).status_code == 303
    assert adam.post(f"{here}/look", consent_text="x" * 501).status_code == 422
    page = consent_page(served, client_id)
    assert "So that &lt;b&gt;you&lt;/b&gt; see your lifts." in page
    assert "data:image/png;base64," not in page
    assert "being tried out" in page
    stranger = consent_page(served, client_id, "bob")
    assert "being tried out" in stranger
    assert "see your lifts" not in stranger, "nobody looked at them, so they are for the owner's people alone"


def looks_asked(one: Visitor, client_id: str) -> list[str]:
    """The requests for words or a logo that wait, as the page of the application shows them."""
    one.get(f"/portal/applications/{client_id}")
    return re.findall(r'waits for an operator. <a href="/portal/requests/([0-9a-f-]{36})"', one.page)


def test_in_production_words_and_logo_show_once_an_operator_has_looked(forgetful: Served) -> None:
    served = forgetful
    adam, olga = visitor(served, "adam"), operator(served)
    client_id = approved(served, adam, **WEB)
    here = f"/portal/applications/{client_id}"
    reply = upload(adam, client_id, PNG)
    assert reply.headers["location"] == f"{here}?notice=notice_app_look_reviewed"
    text = "So that <b>you</b> see your lifts.\nOnly that."
    assert adam.post(f"{here}/look", consent_text=text).headers["location"].endswith("notice_app_look_reviewed")
    assert adam.get(f"{here}/logo").status_code == 404
    before = consent_page(served, client_id)
    assert "see your lifts" not in before
    assert "data:image/png;base64," not in before
    asked = looks_asked(adam, client_id)
    assert len(asked) == 2
    for request_id in asked:
        olga.get(f"/console/requests/{request_id}")
        assert "data:image/png;base64," in olga.page or "&lt;b&gt;you&lt;/b&gt;" in olga.page
        assert decide(olga, request_id, "approve").status_code == 303
    page = consent_page(served, client_id)
    assert "So that &lt;b&gt;you&lt;/b&gt; see your lifts." in page
    assert "data:image/png;base64," in page
    assert adam.post(f"{here}/look", consent_text="").headers["location"].endswith("notice_app_saved")
    assert "see your lifts" not in consent_page(served, client_id), "removing needs nobody"


def test_a_newer_wish_takes_the_place_of_the_one_that_waits(served: Served) -> None:
    adam, olga = visitor(served, "adam"), operator(served)
    client_id = approved(served, adam, **WEB)
    here = f"/portal/applications/{client_id}"
    adam.post(f"{here}/look", consent_text="The first words.")
    first = looks_asked(adam, client_id)
    adam.post(f"{here}/look", consent_text="The second words.")
    second = looks_asked(adam, client_id)
    assert (len(first), len(second)) == (1, 1)
    assert first != second
    assert decide(olga, first[0], "approve").status_code == 422
    assert decide(olga, second[0], "approve").status_code == 303
    page = consent_page(served, client_id)
    assert "The second words." in page
    assert "The first words." not in page


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Verified by security.", "The words say Verified"),
        ("From Ноistwаy itself.", "a name that looks like that of this service"),
        ("Vom Sicherheitsteam.", "The words say Sicherheitsteam"),
    ],
)
def test_an_operator_is_told_what_the_words_claim(served: Served, text: str, sentence: str) -> None:
    adam, olga = visitor(served, "adam"), operator(served)
    client_id = approved(served, adam, **WEB)
    adam.post(f"/portal/applications/{client_id}/look", consent_text=text)
    (request_id,) = looks_asked(adam, client_id)
    olga.get(f"/console/requests/{request_id}")
    assert sentence in said(olga.page)
    assert decide(olga, request_id, "reject", "Not ours to say.").status_code == 303
    assert text[:8] not in consent_page(served, client_id)
