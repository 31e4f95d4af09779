"""What takes a person out of texts and entries of the audit trail, and leaves other words alone."""

import json

import pytest

from hoistway.accounts.redaction import Redaction, earlier_words
from hoistway.store.audit import WrittenEntry

REDACTION = Redaction("u-1", "erased-1", ("Ann", 'Jürgen "J" Öhm', "jo@öhm.example", "X"))


def entry(detail: object, event: str = "request.asked", actor: str = "u-2", *, plain: bool = False) -> WrittenEntry:
    return WrittenEntry("1", 1, event, actor, None, None, "c", json.dumps(detail, ensure_ascii=plain))


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("Ann, annexed by ANN's Annex", "[erased], annexed by [erased]'s Annex"),
        ('To Jürgen "J" Öhm <JO@ÖHM.example>', "To [erased] <[erased]>"),
        ("u-1 and u-12 and xu-1, X stays", "erased-1 and u-12 and xu-1, X stays"),
        ("", ""),
    ],
)
def test_whole_words_alone(text: str, changed: str) -> None:
    assert REDACTION.text(text) == changed


@pytest.mark.parametrize("plain", [True, False])
def test_entries_of_others(plain: bool) -> None:
    """However JSON writes a name; a short one goes where it is a value of its own."""
    changed = REDACTION.entry(entry({"a": ['Jürgen "J" Öhm'], "b": {"c": "X", "n": 1}, "id": "u-1"}, plain=plain))
    assert changed is not None
    assert json.loads(changed.detail) == {"a": ["[erased]"], "b": {"c": "[erased]", "n": 1}, "id": "erased-1"}
    assert (changed.actor, changed.correlation_id) == ("u-2", "c")
    assert REDACTION.entry(entry({"id": "u-12", "note": "Annex"})) is None


def test_entries_by_the_person() -> None:
    changed = REDACTION.entry(entry({"address": "198.51.100.7", "n": 1}, actor="u-1"))
    assert changed is not None
    assert (changed.actor, changed.correlation_id) == ("erased-1", None)
    assert json.loads(changed.detail) == {"address": "[erased]", "n": 1}


def test_names_of_before() -> None:
    """Of the person alone; and in their own entries whatever stands as a name."""
    detail = {
        "id": "u-1",
        "before": {"name": "Old Name"},
        "after": {"emails": "a@x.example\nb@x.example", "capacity": 5},
    }
    other = {"id": "u-2", "before": {"name": "Somebody"}}
    assert earlier_words("u-1", map(json.dumps, (detail, other))) == ("Old Name", "a@x.example", "b@x.example")
    changed = REDACTION.entry(entry(detail, "user.changed"))
    assert changed is not None
    assert json.loads(changed.detail) == {
        "id": "erased-1", "before": {"name": "[erased]"}, "after": {"emails": "[erased]", "capacity": 5},
    }  # fmt: skip
