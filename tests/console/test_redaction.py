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
        ("By J\u00fcrgen &#34;J&#34;  o\u0308hm and J\u00dcRGEN &quot;j&quot; \u00d6HM", "By [erased] and [erased]"),
        ("Ann\u0301 is somebody else", "Ann\u0301 is somebody else"),
        ("", ""),
    ],
)
def test_whole_words_alone(text: str, changed: str) -> None:
    assert REDACTION.text(text) == changed


@pytest.mark.parametrize("plain", [True, False])
def test_entries_of_others(plain: bool) -> None:
    """However JSON writes a name; a short one goes where it is a value of its own."""
    changed = REDACTION.entry(
        entry({"reason": ['Jürgen "J" Öhm'], "b": {"text": "X", "n": 1}, "id": "u-1"}, plain=plain)
    )
    assert changed is not None
    assert json.loads(changed.detail) == {"reason": ["[erased]"], "b": {"text": "[erased]", "n": 1}, "id": "erased-1"}
    assert (changed.actor, changed.correlation_id) == ("u-2", "c")
    assert REDACTION.entry(entry({"id": "u-12", "note": "Annex"})) is None


def test_entries_by_the_person() -> None:
    changed = REDACTION.entry(entry({"address": "198.51.100.7", "n": 1}, actor="u-1"))
    assert changed is not None
    assert (changed.actor, changed.correlation_id) == ("erased-1", None)
    assert json.loads(changed.detail) == {"address": "[erased]", "n": 1}


def test_who_was_invited() -> None:
    detail = {"invitation": "i-1", "invited": "Jo@öhm.example"}
    changed = REDACTION.entry(entry(detail, "invitation.withdrawn"))
    assert changed is not None
    assert json.loads(changed.detail) == {"invitation": "i-1", "invited": "[erased]"}


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


@pytest.mark.parametrize(
    ("event", "detail"),
    [
        ("api.changed", {"id": "customer-api", "before": {"name": "Administrator API"}}),
        ("membership.changed", {"user": "u-2", "role": "Administrator", "reach": "all"}),
        ("application.exception_granted", {"id": "ropc", "kind": "password", "ends_at": 1}),
        ("user.changed", {"id": "u-2", "after": {"name": "password", "emails": "customer-api"}}),
    ],
)
def test_what_is_spelled_like_a_name_stays(event: str, detail: object) -> None:
    """Ids, roles and codes in entries of others, and what others are called."""
    redaction = Redaction("u-1", "erased-1", ("customer-api", "Administrator", "password"))
    assert redaction.entry(entry(detail, event)) is None


def test_a_stored_document_can_be_read_afterwards() -> None:
    """Of exceptions only the words of people change, however JSON escapes the name in them."""
    redaction = Redaction("u-1", "erased-1", ("password", "reason", "ends_at", 'Bob "Bo" Oe'))
    said = [{"kind": "password", "reason": 'For Bob "Bo" Oe', "ends_at": 5, "granted_by": "u-1", "granted_at": 1}]
    changed = json.loads(redaction.stored("document", json.dumps(said)))
    assert changed == [{**said[0], "reason": "For [erased]", "granted_by": "erased-1"}]
    untouched = '[{"kind": "password"}]'
    assert redaction.stored("document", untouched) == untouched


@pytest.mark.parametrize(
    ("address", "changed"),
    [
        ("/portal", "/portal"),
        ("/console/users/u-1", "/console/users/erased-1"),
        ("/console/users/u-12/portal?id=u-1#x", "/console/users/u-12/portal?id=erased-1#x"),
    ],
)
def test_of_an_address_whole_segments_alone(address: str, changed: str) -> None:
    assert Redaction("u-1", "erased-1", ("portal", "console")).stored("address", address) == changed
