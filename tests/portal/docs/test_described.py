"""The reference shows what the OpenAPI document says, in both languages."""

from collections.abc import Iterator
from typing import Any

from hoistway.api.openapi import document
from hoistway.portal.docs.described import METHODS, Member, operations
from hoistway.portal.docs.german import GERMAN, in_words

DOCUMENT: dict[str, Any] = document("https://id.example.com")


def flat(members: tuple[Member, ...]) -> Iterator[Member]:
    for one in members:
        yield one
        yield from flat(one.members)


def sentences() -> set[str]:
    """Every one that a page of the reference shows."""
    found: set[str] = set()
    for operation in operations().values():
        found |= {operation.summary, operation.body_description}
        members = operation.parameters + operation.body
        found |= {one.meaning for one in operation.refusals}
        found |= {answer.description for answer in operation.answers if answer.status.startswith("3")}
        members += operation.done.members + operation.done.headers
        found |= {one.description for one in flat(members)}
        found |= set() if operation.done.members else {operation.done.description}
    return found - {""}


def test_every_operation_is_there() -> None:
    ids = [item[method]["operationId"] for item in DOCUMENT["paths"].values() for method in METHODS if method in item]
    assert list(operations()) == ids
    assert all("{{" in one.call.url for one in operations().values())


def test_every_sentence_has_its_german() -> None:
    """A new sentence of the OpenAPI document goes into portal/docs/german.py."""
    assert sorted(sentences() - GERMAN.keys()) == []
    assert sorted(GERMAN.keys() - sentences()) == []


def test_a_sentence_without_german_is_marked_as_english() -> None:
    assert in_words("New `x`.", "de") == '<span lang="en">New <code>x</code>.</span>'
    assert in_words("Id of a <b>.", "en") == "Id of a &lt;b&gt;."


def test_schemas_are_expanded() -> None:
    page = operations()["listUnits"].done
    by_name = {one.name: one for one in flat(page.members)}
    assert by_name["items"].type == "array of object"
    assert by_name["capacity"].type == "integer | null"
    assert by_name["equipmentType"].values == ("elevator", "escalator")
    assert [one.name for one in by_name["floors"].members] == ["id", "marking", "level"]
    assert by_name["next_cursor"].required


def test_a_call_holds_what_is_required_and_a_short_page() -> None:
    assert operations()["listUnits"].call.address == "{{base_url}}/api/v1/units?limit=20"
    assert operations()["readUnit"].call.address == "{{base_url}}/api/v1/units/{{unit_id}}"
    assert operations()["readDescription"].call.headers == ()
