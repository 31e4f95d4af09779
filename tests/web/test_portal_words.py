"""The portal's words: the same in both languages, each used by a template or a page."""

import re
from pathlib import Path
from string import Formatter

import pytest

from hoistway.web.portal_words import PARTS

SOURCE = Path(__file__).parent.parent.parent / "src" / "hoistway"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__.rsplit(".", 1)[-1])
def test_both_languages_have_the_same_sentences_with_the_same_names(part: object) -> None:
    english, german = part.EN, part.DE  # type: ignore[attr-defined]
    assert english.keys() == german.keys()
    for key in english:
        names = [{field for _, field, _, _ in Formatter().parse(table[key]) if field} for table in (english, german)]
        assert names[0] == names[1], key
        assert german[key].strip(), key


def test_every_sentence_is_used() -> None:
    templates = [file.read_text() for file in (SOURCE / "web" / "templates").rglob("*.html")]
    code = [
        file.read_text()
        for room in ("portal", "console", "api", "applications", "mail")
        for file in (SOURCE / room).rglob("*.py")
    ]
    scripts = [file.read_text() for file in (SOURCE / "web" / "static").glob("*.js")]
    used = "\n".join([*templates, *code, *scripts])
    # A key may be put together from a beginning and a value, in a template as `t["state_" ~ state]`, in code as f"state_{state}".
    beginnings = {one or other for one, other in re.findall(r'"([a-z0-9_]+_)" ~|f"([a-z0-9_]+_)\{', used)}
    unused = [
        key
        for part in PARTS
        for key in part.EN
        if not re.search(rf"\b{key}\b", used) and not any(key.startswith(beginning) for beginning in beginnings)
    ]
    assert unused == []


def test_no_key_is_a_method_of_a_dictionary() -> None:
    """Jinja would find the method first."""
    assert [key for part in PARTS for key in part.EN if hasattr(dict, key)] == []
