"""The portal's words: the same in both languages, each used by a template or a page."""

import re
from pathlib import Path
from string import Formatter

import pytest

from hoistway.web.portal_words import PARTS
from hoistway.web.words import WORDS

SOURCE = Path(__file__).parent.parent.parent / "src" / "hoistway"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__.rsplit(".", 1)[-1])
def test_both_languages_have_the_same_sentences_with_the_same_names(part: object) -> None:
    english, german = part.EN, part.DE  # type: ignore[attr-defined]
    assert english.keys() ^ german.keys() == set(), "each sentence stands in both, EN and DE"
    for key in english:
        names = [{field for _, field, _, _ in Formatter().parse(table[key]) if field} for table in (english, german)]
        assert names[0] == names[1], key
        assert german[key].strip(), key


def test_every_sentence_is_used() -> None:
    templates = [file.read_text() for file in (SOURCE / "web" / "templates").rglob("*.html")]
    code = [
        file.read_text()
        for room in (
            "portal",
            "console",
            "account",
            "api",
            "applications",
            "approving",
            "mail",
            "things",
            "federation",
            "products",
        )
        for file in (SOURCE / room).rglob("*.py")
    ]
    # The sentences themselves stand in a room below it.
    code += [file.read_text() for file in (SOURCE / "web").glob("*.py")]
    scripts = [file.read_text() for file in (SOURCE / "web" / "static").glob("*.js")]
    used = "\n".join([*templates, *code, *scripts])
    # A key may be put together from a beginning and a value, in a template as `t["state_" ~ state]`, in code as f"state_{state}".
    beginnings = {one or other for one, other in re.findall(r'"([a-z0-9_]+_)" ~|f"([a-z0-9_]+_)\{', used)}
    words = set(re.findall(r"\w+", used))
    unused = [key for part in PARTS for key in part.EN if key not in words and not key.startswith(tuple(beginnings))]
    assert unused == [], "no template and no page uses these sentences"


def test_no_key_is_a_method_of_a_dictionary() -> None:
    """Jinja would find the method first."""
    assert [key for part in PARTS for key in part.EN if hasattr(dict, key)] == []


# One German word a thing: what stands here has another, which the tables and guides use.
OTHER_WORDS = {
    r"(?i)\b(an|ange|anzu)forder\w*": "beantragen, of tokens and scopes verlangen",
    r"(?i)\b(angefragt|anzufragen)\b": "beantragen",
    r"\b(anfragen|anfragt)\b": "beantragen",
    r"\b(Client-)?Secrets?\b": "Geheimnis",
    r"(?i)\b(alle|die|vorhandene|neue|ausgestellte|der|Ihre|haben) Token\b(?!-)": "Tokens",
    r"(?i)\bfreiwillig\w*": "optional",
    r"(?i)\b(der|dem|den|des|vom|beim|zum) Betriebs?\b(?!-)": "Betreiber",
}


def _german() -> dict[str, str]:
    guides = {file.name: file.read_text() for file in (SOURCE / "portal" / "guides" / "de").glob("*.md")}
    texts = {f"{part.__name__}.{key}": sentence for part in PARTS for key, sentence in part.DE.items()}
    # What stands in a program or between backticks is no German.
    return {
        name: re.sub(r"(?s)```.*?```|`[^`]*`", "", text) for name, text in {**texts, **guides, **WORDS["de"]}.items()
    }


def test_a_thing_has_one_german_word() -> None:
    wrong = [
        f"{name}: {found[0]} ({word})"
        for name, text in _german().items()
        for pattern, word in OTHER_WORDS.items()
        for found in re.finditer(pattern, text)
    ]
    assert wrong == []


@pytest.mark.parametrize("pattern", OTHER_WORDS)
def test_the_other_words_are_found(pattern: str) -> None:
    sentence = (
        "Anwendung anfordern, ich habe angefragt und will anfragen: Client-Secret, alle Token, freiwillig, dem Betrieb"
    )
    assert re.search(pattern, sentence)
