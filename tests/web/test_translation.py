"""What translators get of the sentences, and what is taken back from them."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from hoistway.web.portal_words import PORTAL_WORDS
from translation.po import BadWords, read, written
from translation.tables import Sentence, keys_in, places, rewritten, sentences

ROOT = Path(__file__).parent.parent.parent
KNOWN = {
    "leave": Sentence("hoistway.web.words", "leave", "Go on to {host}", "Weiter zu {host}"),
    "stay": Sentence("hoistway.web.words", "stay", "Stay signed in", "Angemeldet bleiben"),
    "back": Sentence("hoistway.web.words", "back", "Return", "Zurück"),
}
TABLE = """DE: Final[Words] = {
    "stay": "Angemeldet bleiben",  # beside „Abmelden“
    "leave": (
        "Weiter "
        "zu {host}"
    ),
}

WORDS: Final = {"de": DE}
"""


def po(*messages: tuple[str, str, str], flag: str = "") -> bytes:
    return "".join(
        f'{flag}msgctxt "{key}"\nmsgid "{english}"\nmsgstr "{text}"\n\n' for key, english, text in messages
    ).encode()


def test_a_translator_sees_the_english_the_names_and_the_page() -> None:
    catalog = read_po(iter(written("de", sentences("de"), places()).splitlines(keepends=True)), locale="de")
    message = catalog.get("Go on to {host}", context="leave")
    assert message is not None
    assert (message.string, message.flags) == ("Weiter zu {host}", {"python-brace-format"})
    assert message.auto_comments == ["Keep {host} as they are."]
    assert [place for place, _ in message.locations] == [
        "web/templates/leaving.html", "web/templates/signed_out.html",
    ]  # fmt: skip


def test_every_sentence_is_in_the_file_and_comes_back_unchanged() -> None:
    file = written("de", sentences("de"), {})
    assert {message.context for message in read_po(iter(file.splitlines(keepends=True))) if message.id} == set(
        PORTAL_WORDS["en"]
    )
    assert read("de", file, {one.key: one for one in sentences("de")}) == {}


def test_a_new_language_begins_empty_and_is_taken_as_far_as_it_is() -> None:
    assert {one.text for one in sentences("fr")} == {""}
    known = {one.key: one for one in sentences("fr")}
    file = po(("stay", "Stay signed in", "Rester connecté"), ("leave", "Go on to {host}", ""))
    assert read("fr", file, known) == {"stay": "Rester connecté"}


def test_what_is_uncertain_is_not_taken() -> None:
    assert read("de", po(("stay", "Stay signed in", "Bleiben"), flag="#, fuzzy\n"), KNOWN) == {}


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (("leave", "Go on to {host}", "Weiter zu {place}"), "leave: the names in braces must be host"),
        (("leave", "Go on to {host}", "Weiter zu {host"), "leave: expected '}' before end of string"),
        (("stay", "Stay signed in", "Bleiben {host}"), "stay: the names in braces must be none"),
        (("stay", "Remain signed in", "Bleiben"), "stay: the English says something else by now, “Stay signed in”"),
        (("gone", "Gone", "Weg"), "gone: there is no such sentence any more"),
    ],
)
def test_a_sentence_that_would_break_a_page_is_refused(message: tuple[str, str, str], why: str) -> None:
    with pytest.raises(BadWords, match="^" + why.replace("(", r"\(")):
        read("de", po(("back", "Return", "Heim"), message), KNOWN)


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(BadWords) as refused:
        read("de", po(("gone", "Gone", "Weg"), ("leave", "Go on to {host}", "Weiter")), KNOWN)
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == ["gone", "leave"]


def test_a_table_changes_where_it_must_and_nowhere_else() -> None:
    changed = rewritten(TABLE, "DE", {"leave": "Zu {host} „gehen“ – “so”\\", "later": "Später"})
    tree = ast.parse(changed)
    assert isinstance(tree.body[0], ast.AnnAssign)
    assert tree.body[0].value
    assert ast.literal_eval(tree.body[0].value) == {
        "stay": "Angemeldet bleiben", "leave": "Zu {host} „gehen“ – “so”\\", "later": "Später",
    }  # fmt: skip
    assert '"stay": "Angemeldet bleiben",  # beside „Abmelden“\n' in changed
    assert changed.endswith('\n\nWORDS: Final = {"de": DE}\n')
    assert rewritten(TABLE, "DE", {}) == TABLE


def test_a_new_table_stands_behind_the_last_one() -> None:
    tables, rest = TABLE.split("\n\n")
    changed = rewritten(TABLE, "FR", {"stay": "Rester connecté"})
    assert changed == f'{tables}\n\nFR: Final[Words] = {{\n    "stay": "Rester connecté",\n}}\n\n{rest}'


def test_a_key_is_found_in_templates_and_code() -> None:
    assert keys_in('{{ t.stay }} {{ t.stay_long | say }} words["leave"] at.home') == {"stay", "stay_long", "leave"}


def test_the_command_says_what_is_wrong_and_changes_nothing(tmp_path: Path) -> None:
    words = ROOT / "src" / "hoistway" / "web" / "words.py"
    before = words.read_bytes()
    file = tmp_path / "words.po"
    file.write_bytes(po(("gone", "Gone", "Weg"), ("stay", "Stay signed in", "Dableiben")))
    command = [sys.executable, "-m", "translation", "import"]
    done = subprocess.run([*command, "de", str(file)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "nothing was changed:")
    assert words.read_bytes() == before
    done = subprocess.run([*command, "../x", str(file)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "invalid code value" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'msgctxt "stay"\nmsgid "Stay signed in"\nmsgstr "Dar', "line 3: it is cut off"),
        (b'msgctxt "stay"\nmsgid "Stay signed in"\nmsgstr\n', "line 3: it is cut off"),
        (b"\xff\xfem\x00", "byte 1 is no UTF-8"),
        (b"\x7fELF\x00", "line 1: it is cut off"),
        (b'msgid ""\nmsgstr "Content-Type: text/plain; charset=klingon\\n"\n', "charset=klingon"),
        (b'msgid ""\nmsgstr "Language: fr\\n"\n', "Language: fr, and de was to be imported"),
        (b'msgid ""\nmsgstr "Language: xx_YY\\n"\n', "Language: xx_YY"),
        (
            b'msgctxt "stay"\nmsgid "Stay signed in"\nmsgid_plural "x"\nmsgstr[0] "y"\nmsgstr[1] "z"\n',
            "forms for one and several",
        ),
    ],
)
def test_a_file_that_is_broken_is_refused_in_words(content: bytes, why: str) -> None:
    with pytest.raises(BadWords, match=re.escape(why)):
        read("de", content, KNOWN)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for file in (tmp_path / "missing.po", tmp_path):
        command = [sys.executable, "-m", "translation", "import", "de", str(file)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr.splitlines()[0]) == (1, "nothing was changed:")
        assert str(file) in done.stderr
