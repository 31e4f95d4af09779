"""What entries of the audit trail say on pages: a sentence in both languages, facts of one line each, and the detail as it is stored."""

import json

import pytest

from hoistway.portal.entry_facts import Fact, said_of
from hoistway.store.audit_events import EVENTS
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.portal_words.events import DE, EN
from tests.portal.asking import said
from tests.portal.house import House


def test_every_event_has_a_sentence_in_both_languages() -> None:
    keys = [f"event_{event.replace('.', '_')}" for event in EVENTS]
    assert len(set(keys)) == len(keys)
    assert list(EN) == keys
    assert list(DE) == keys, "in the order of store/audit_events.py"
    for event, key in zip(EVENTS, keys, strict=True):
        assert "`" not in EN[key] + DE[key]
        assert PORTAL_WORDS["de"][key] != PORTAL_WORDS["en"][key], event


def facts(detail: str, lang: str = "en") -> list[Fact]:
    return list(said_of("site.changed", detail, "de" if lang == "de" else "en").facts)


def test_instants_in_details_are_told_from_other_numbers() -> None:
    """The page writes them as it writes all instants."""
    detail = '{"ends_at": 1769780109, "locked_until": 1769780109, "checked_at": true, "rows": 3, "id": "u-ann"}'
    assert facts(detail) == [
        Fact("ends_at", 1_769_780_109), Fact("locked_until", 1_769_780_109), Fact("checked_at", "Yes"),
        Fact("rows", "3"), Fact("id", "u-ann"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ({"id": "x", "before": {"a": "1", "b": "2"}, "after": {"a": "1", "b": "3"}}, [("b", "3", "2"), ("id", "x", None)]),
        ({"before": {"a": ["x", "y"]}, "after": {"a": []}}, [("a", "–", "x, y")]),
        ({"before": {"a": "1"}, "after": {"c": None}}, [("a", "–", "1")]),
        ({"before": None, "after": {"a": "1"}}, [("a", "1", "–")]),
        ({"after": {"a": "1"}}, [("a", "1", None)]),
        ({"before": "old", "after": "new"}, [("before → after", "new", "old")]),
        ({"before": "old", "uri": None}, [("before", "old", None), ("uri", "–", None)]),
        ({"ended": {"sessions": 2}, "many": [1, {"a": 2}]}, [("ended.sessions", "2", None), ("many", '[1, {"a": 2}]', None)]),
        ({"four_eyes": False}, [("four_eyes", "No", None)]),
        ({}, []),
    ],
)  # fmt: skip
def test_changes_are_lines_of_before_and_after(
    detail: dict[str, object], shown: list[tuple[str, str, str | None]]
) -> None:
    assert [(one.name, one.value, one.before) for one in facts(json.dumps(detail))] == shown


def test_what_is_left_out_is_nowhere_and_an_unknown_event_says_its_name() -> None:
    says = said_of("of.later", '{"proposed_by": "u-olga", "role": "Prüfer"}', "de", without=frozenset({"proposed_by"}))
    assert says.sentence == "of.later"
    assert says.facts == (Fact("role", "Prüfer"),)
    assert json.loads(says.raw) == {"role": "Prüfer"}
    assert "ü" in says.raw
    assert said_of("sign_out", "{}", "en").raw == ""


@pytest.mark.parametrize(
    ("lang", "sentence", "yes"),
    [("en", EN["event_customer_changed"], "becomes"), ("de", DE["event_customer_changed"], "wird zu")],
)
def test_both_pages_say_it_in_the_reader_s_language(house: House, lang: str, sentence: str, yes: str) -> None:
    olga = house.opened("olga", lang)
    olga.get("/console/customers/c-a")
    assert olga.post("/console/customers/c-a", do="change", name="Acme <b>").status_code == 303
    for page in (
        olga.get("/console/audit?event=customer.chan").text,
        house.opened("adam", lang).get("/portal/activity?event=customer.chan").text,
    ):
        assert f"{sentence} customer.changed" in said(page)
        assert f"name Customer c-a → {yes} Acme <b>" in said(page)
        assert "<b>" not in page
        assert "event=customer.changed" in page
        assert "<details><summary>" in page
