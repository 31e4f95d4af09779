"""Samples of the reference lead to the rows of what they show, and stay the same programs."""

import re
from html import unescape

import pytest

from hoistway.portal.docs.described import operations
from hoistway.portal.docs.languages import LANGUAGES
from hoistway.portal.docs.linked import linked_example, linked_samples
from hoistway.portal.docs.samples import written
from tests.portal.signing_in import Visitor
from tests.server import Served

ROW = re.compile(r'<a href="#([^"]+)">(.*?)</a>')


def words(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


@pytest.mark.parametrize(
    ("name", "links"),
    [
        ("listUnits", ["parameter.limit"]),
        ("readUnit", ["parameter.unit_id"]),
        ("updateUser", ["body.locale", "body.name", "parameter.user_id"]),
        ("readMe", []),
    ],
)
def test_each_language_leads_to_what_it_sends(name: str, links: list[str]) -> None:
    found = linked_samples(operations()[name])
    assert [one.key for one in found] == list(LANGUAGES)
    for sample in found:
        assert sorted(row for row, _ in ROW.findall(sample.html)) == links, sample.key
        for row, shown in ROW.findall(sample.html):
            assert words(shown).strip("{}") == row.partition(".")[2]


@pytest.mark.parametrize("name", operations())
def test_what_is_copied_stays_the_same(name: str) -> None:
    operation = operations()[name]
    for linked, plain in zip(linked_samples(operation), written(operation.call), strict=True):
        assert (words(linked.html), linked.code) == (words(plain.html), plain.code)
    assert words(linked_example(operation.done)) == (operation.done.example or "")


def test_an_example_leads_to_its_members_each_once() -> None:
    rows = [row for row, _ in ROW.findall(linked_example(operations()["listUnits"].done))]
    assert {"answer.items", "answer.items.unitId", "answer.items.floors.id", "answer.items.site.city"} <= set(rows)
    assert rows[-1] == "answer.next_cursor"
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize("lang", ["en", "de"])
def test_no_link_leads_nowhere(served: Served, lang: str) -> None:
    visitor = Visitor(served.url, lang)
    for operation in operations().values():
        page = visitor.get(operation.href).text
        ids = set(re.findall(r'\sid="([^"]+)"', page))
        assert set(re.findall(r'href="#([^"]+)"', page)) - ids == set(), operation.id
    visitor.close()
