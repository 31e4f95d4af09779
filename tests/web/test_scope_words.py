"""Scopes in the reader's language, where the demo's sentences are kept; an operator's own words stand."""

from hoistway.applications.granting import CUSTOMER_SCOPES
from hoistway.web.scope_words import GERMAN, scope_meaning


def test_every_sentence_of_the_demo_has_its_german() -> None:
    assert set(CUSTOMER_SCOPES.values()) == set(GERMAN)
    assert scope_meaning("See your lifts and escalators", "de") == "Ihre Aufzüge und Fahrtreppen sehen"
    assert scope_meaning("See your lifts and escalators", "en") == "See your lifts and escalators"


def test_an_operators_own_words_stand() -> None:
    assert scope_meaning("Ver sus ascensores", "de") == "Ver sus ascensores"
