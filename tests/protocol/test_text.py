"""Text as it is stored and compared (RFC 8264 to 8266, RFC 5892 appendix A)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoistway.protocol.text import BadText, check_seen, cleaned, is_plain, one_line, read_line, read_text, username_key

# Letters that people write and that hold joiners, selectors or marks.
KEPT = [
    "می‌خواهم", "خانه‌ها", "क्‍ष", "श्री", "한국", "葛\U000e0100城", "Nguyễn", "Ångström", "日本語", "ⵜⵉⴼⵉⵏⴰⵖ",
    "👨‍👩‍👧 Müller", "👩🏽‍⚕️", "🏳️‍🌈", "❤️", "1️⃣", "⛹🏽‍♂️", "O'Brien & Søn", "\U0001fae8", "\U00031350",
]  # fmt: skip
UNSEEN = {
    "zero width space": "\u200b", "byte order mark": "\ufeff", "word joiner": "\u2060", "soft hyphen": "\u00ad",
    "override": "\u202e", "isolate": "\u2067", "mark": "\u200f", "tag": "\U000e0041", "joiner": "\u200d", "non-joiner": "\u200c",
    "selector": "\ufe0f", "ideographic selector": "\U000e0100", "filler": "\u3164", "braille blank": "\u2800",
    "grapheme joiner": "\u034f", "old hangul": "\u1100", "mongolian selector": "\u180b", "control": "\x1b", "nul": "\x00",
    "private": "\ue000", "no character": "\uffff", "annotation": "\ufff9", "invisible times": "\u2062",
}  # fmt: skip


@pytest.mark.parametrize("text", KEPT)
def test_what_people_write_is_kept(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    assert read_line(text) == cleaned(text) == one_line(text) == read_text(text) == text
    assert read_line(unicodedata.normalize("NFD", text)) == text


@pytest.mark.parametrize("letter", UNSEEN.values(), ids=UNSEEN)
def test_what_nobody_can_see_is_refused_with_its_name_or_dropped(letter: str) -> None:
    for text in (f"An{letter}na", f"{letter}Anna", f"Anna{letter}"):
        for read in (read_line, read_text, check_seen):
            with pytest.raises(BadText, match=rf"U\+{ord(letter):04X}.*remove it") as refused:
                read(text)
            assert refused.value.character == f"U+{ord(letter):04X}"
        assert cleaned(text) == one_line(text) == "Anna"
        assert username_key(text.upper()) == "anna"
        assert not is_plain(text)


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u202f", "\u3000"])
def test_every_kind_of_space_is_one(space: str) -> None:
    """RFC 8266 section 2.1, rules 2 and 3."""
    assert read_line(f"{space}山田{space}{space}太郎 ") == "山田 太郎"
    assert username_key(f"山田{space}太郎") == "山田 太郎"


def test_line_breaks_are_for_free_text_alone() -> None:
    assert (
        cleaned("one\r\ntwo\u2028three\rfour\t5\n")
        == read_text("one\r\ntwo\u2028three\rfour\t5")
        == "one\ntwo\nthree\nfour\t5"
    )
    assert one_line("one\r\n two") == "one two"
    for text, said in (("one\ntwo", "a line break"), ("one\ttwo", "a tab"), ("one\u2029two", "a line break")):
        with pytest.raises(BadText, match=said):
            read_line(text)
    assert read_line("one\n") == "one"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Anna@Example.com ", "anna@example.com"), ("MU\u0308LLER", "müller"), ("MÜLLER", "müller"), ("ＡＮＮＡ", "anna"),
        ("ｶﾞ", "ガ"), ("STRASSE", "strasse"), ("Straße", "strasse"), ("a  b", "a b"), ("mi\u200cn", "min"), ("ΣΑΣ", "σασ"),
    ],
)  # fmt: skip
def test_user_names_compare_by_what_people_see(typed: str, key: str) -> None:
    """RFC 8265 section 3.3: width, case, NFC."""
    assert username_key(typed) == key == username_key(key)


WORDS = st.text(
    st.characters() | st.sampled_from("\u200b\u200c\u200d\u0308\ufe0f♂👩\U0001f3fd\u094d\u0628\u0301\u3000 \nau"),
    max_size=24,
)


@given(WORDS)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = cleaned(text)
    assert cleaned(once) == once
    check_seen(once)
    assert unicodedata.is_normalized("NFC", once)
    assert username_key(username_key(text)) == username_key(text)
    if is_plain(text):
        assert (cleaned(text), read_line(text)) == (text.strip(), " ".join(text.split()))
