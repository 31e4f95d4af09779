"""The words by which people are found."""

import unicodedata

import pytest

from hoistway.protocol.person_words import LONGEST, MOST, _beginnings, has_words, typed_words, words_of_person


def test_a_name_is_turned_at_each_of_its_words() -> None:
    assert words_of_person("anna", "Anna Maria Schmidt", ()) == {
        "anna", "anna maria schmidt", "maria schmidt anna", "schmidt anna maria",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("Hans-Peter Müller-Lüdenscheidt", ["hans-", "peter ", "müller-", "lüdenscheidt "]),
        ("Seán O'Brien", ["seán ", "o'brien", "brien "]),
        ("ＷＩＤＥ Groß", ["wide ", "gross "]),
        ("İlker", ["i̇lker"]),
        ("हिन्दी नाम", ["हिन्दी ", "नाम "]),
        ("山田太郎", ["山田太郎"]),
        ("!?", ["!?"]),
        ("(Anna) Lee", ["anna)", "lee "]),
    ],
)
def test_words_begin_behind_blanks_and_signs_and_are_folded_as_user_names(name: str, begins: list[str]) -> None:
    words = words_of_person("", name, ())
    assert len(words) == len(begins)
    assert all(any(word.startswith(begin) for word in words) for begin in begins), words


def test_addresses_and_user_names_begin_at_their_beginning() -> None:
    words = words_of_person("Kim.Lee@Example.com", "Kim", ("kim.lee@example.com", "Second@Example.com"))
    assert words == {"kim", "kim.lee@example.com", "second@example.com"}
    assert words_of_person("kim lee", "", ()) == {"kim lee", "lee kim"}


def test_a_person_has_a_bounded_number_of_words_of_a_bounded_length() -> None:
    long = " ".join(f"word{number}" for number in range(5_000))
    words = words_of_person(long, long + "x", [f"{number}@example.com" for number in range(500)])
    assert len(words) <= MOST
    assert max(map(len, words)) <= LONGEST


def test_the_longest_typed_word_comes_first() -> None:
    assert typed_words("  Al  SCHMIDT ") == ("schmidt", "al")
    assert typed_words("an Anna an lee") == ("anna", "lee")
    assert typed_words(" \t") == ()
    assert typed_words("x" * 500) == ("x" * LONGEST,)


def test_each_typed_word_begins_one_of_the_text() -> None:
    text = "lüdenscheidt hans-peter müller-"
    assert has_words(text, ("lüden", "peter", "müll"))
    assert not has_words(text, ("lüden", "eter"))


def test_letters_of_latin_1_part_words_as_all_others_do() -> None:
    """They are looked for in another way, which is faster."""
    for number in range(0x20, 0x2000):
        letter = chr(number)
        for text in (letter, f"a{letter}b", f"{letter} a"):
            parts = [unicodedata.category(one)[0] in "ZPS" for one in text]
            slowly = [at for at, one in enumerate(parts) if not one and (at == 0 or parts[at - 1])]
            assert list(_beginnings(text)) == slowly, hex(number)
