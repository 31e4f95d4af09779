"""Row 63: whoever brings junk in the place of a provider's answer makes us ask that provider within bounds."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice

import pytest

from hoistway.engine import ANSWERS_AT_A_TIME, ANSWERS_WAITING, ATTEMPTS
from tests.engines import ENGINES
from tests.federation.connected import DOMAIN, back, cause_of, known, led, provider, serving_with
from tests.federation.liar import Liar
from tests.federation.liar import liar as liar
from tests.flows.browser import Person
from tests.server import Served

RITA = f"rita@{DOMAIN}"


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, liar: Liar) -> Iterator[Served]:
    with serving_with(request.param, provider(liar.url)) as served:
        yield served


def test_one_answer_makes_us_ask_a_few_times_at_most(here: Served, liar: Liar) -> None:
    """Row 63: a code that is junk spends nothing, so its state would serve for all."""
    liar.answers["/token"] = (503, "{}")
    person = Person(here)
    location = liar.sends_back(led(person, RITA))
    causes = [cause_of(back(person, location)) for _ in range(6)]
    assert causes == ["away"] * ATTEMPTS + ["expired"] * (6 - ATTEMPTS)
    assert liar.paths().count("/token") == ATTEMPTS
    liar.answers.clear()
    assert back(person, liar.sends_back(led(person, RITA))).status_code == 303
    assert list(known(here)) == ["s-1"]


def test_one_address_makes_us_ask_a_few_at_a_time(here: Served, liar: Liar) -> None:
    """Row 63: and is told when to come again where too many wait."""
    people = [Person(here) for _ in range(ANSWERS_AT_A_TIME + ANSWERS_WAITING + 4)]
    locations = [liar.sends_back(led(person, RITA), f"code-{number}") for number, person in enumerate(people)]
    liar.goes_on.clear()
    with ThreadPoolExecutor(len(people)) as threads:
        replies = [threads.submit(person.http.get, there) for person, there in zip(people, locations, strict=True)]
        try:
            refused = [one.result() for one in islice(as_completed(replies, 60), 4)]
            assert liar.paths().count("/token") <= ANSWERS_AT_A_TIME
        finally:
            liar.goes_on.set()
    assert {(page.status_code, page.headers["retry-after"], cause_of(page)) for page in refused} == {
        (503, "60", "busy")
    }
