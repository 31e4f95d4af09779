"""Row 63: a provider that a customer connected without proving a domain is a stranger to everybody else."""

import re
from collections.abc import Iterator
from html import escape

import pytest

from hoistway.store.db import Writer
from hoistway.store.provider_domains import remove_domain
from tests.engines import ENGINES
from tests.federation.connected import DOMAIN, ID, cause_of, provider, serving_with
from tests.federation.liar import Liar
from tests.federation.liar import liar as liar
from tests.flows.browser import Person
from tests.server import Served, change

EVIL = "https://evil.example/hoistway-login"
NAME = "The support of this site"
BEGIN = f"/sign-in/provider/{ID}"


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, liar: Liar) -> Iterator[Served]:
    liar.described = {"authorization_endpoint": EVIL}
    with serving_with(request.param, provider(liar.url, name=NAME)) as served:
        yield served


async def _disprove(tx: Writer) -> None:
    await remove_domain(tx, ID, DOMAIN)


def test_a_provider_without_a_proved_domain_is_no_way_to_lead_people_elsewhere(here: Served) -> None:
    """Row 63: a link to this server that leads anywhere by itself; the person is shown where it leads."""
    straight = Person(here).get(BEGIN)
    assert (straight.status_code, straight.headers["location"].startswith(EVIL)) == (303, True)
    change(here.database, _disprove)
    for lang, sentence in (("en", "You leave this site"), ("de", "Sie verlassen diese Website")):
        person = Person(here)
        page = person.http.get(BEGIN, headers={"accept-language": lang})
        assert (page.status_code, "location" in page.headers, "refresh" in page.headers) == (200, False, False)
        assert 'http-equiv="refresh"' not in page.text
        assert f'href="{EVIL}?' in page.text
        assert f"<h1>{sentence}</h1>" in page.text
        assert re.search(r"[^/.\w]evil\.example[^/.\w]", page.text)
        assert NAME not in page.text


def test_a_page_of_ours_says_no_name_that_a_stranger_chose(here: Served, liar: Liar) -> None:
    """Row 63: a name becomes a sentence of ours; the host of an unproved provider stands there instead."""
    person = Person(here)
    location = person.get(BEGIN).headers["location"]
    page = person.http.get(liar.sends_back(location, "", error="access_denied"))
    assert (cause_of(page), escape(NAME) in page.text) == ("cancelled", True)
    change(here.database, _disprove)
    page = person.http.get(liar.sends_back(location, "", error="access_denied"))
    assert cause_of(page) == "cancelled"
    assert NAME not in page.text
    assert "127.0.0.1" in page.text
