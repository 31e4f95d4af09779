"""An operator's own words for mails: used, in both languages, and refused at the start where they can't be."""

from pathlib import Path

import pytest

from hoistway.accounts.letters import Words, write_letter
from hoistway.environment import settings_from
from hoistway.mail.letter import html_text, plain_text
from hoistway.mail.texts import BadTexts, letter_words, own_texts, read_texts, written
from hoistway.server.opening import close_engine, open_engine
from hoistway.settings import Settings
from hoistway.web.portal_words import PORTAL_WORDS
from tests.cli.running import answer, run
from tests.server import MASTER_KEY, prepare

BASE = "https://id.example"


def lay(folder: Path, **files: str) -> Path:
    for lang, text in files.items():
        (folder / f"{lang}.toml").write_text(text, encoding="utf-8")
    return folder


async def test_letters_say_what_the_operator_says(migrated_url: str, tmp_path: Path) -> None:
    await prepare(migrated_url)
    folder = lay(
        tmp_path,
        en='invited_subject = "Welcome to {customer}"\ninvited = "{inviter} asks you in.\\n\\nSee {{you}} <there>\\nsoon."\n',
        de='invited_do = "Ja, gern"\n',
    )
    engine = await open_engine(Settings(BASE, migrated_url, MASTER_KEY, mail_texts=str(folder)))
    words = Words("invited", "/invitation?link=x", {"inviter": "Adam", "customer": "Acme"})
    english, german = (write_letter(engine, lang, words, "ann@example.com") for lang in ("en", "de"))
    await close_engine(engine)
    assert english.subject == "Welcome to Acme"
    assert "Adam asks you in.\n\nSee {you} <there>\nsoon." in plain_text(english)
    assert "<p>Adam asks you in.</p>\n<p>See {you} &lt;there&gt;<br>\nsoon.</p>" in html_text(english)
    assert f"{english.label}:\n{BASE}/invitation?link=x" in plain_text(english)
    assert (german.label, german.subject) == ("Ja, gern", "Einladung zu Acme")


WRONG = {
    "a word that is none": ('invitedd = "x"', "there is no sentence invitedd"),
    "a placeholder of another sentence": (
        'reset = "For {customer}"',
        "the placeholder {customer}, which it does not know",
    ),
    "a look into the program": ('invited = "{inviter.__class__}"', "alone in braces"),
    "a form": ('invited = "{inviter!r:>9}"', "alone in braces"),
    "a brace": ('invited = "{inviter"', "without its other half"),
    "an address": ('reset = "Go to https://evil.example/x"', "holds an address, https://evil.example/x"),
    "an address that begins like ours": ('reset = "https://id.example.evil.example/"', "holds an address"),
    "an address without a scheme": ('reset = "www.evil.example"', "holds an address"),
    "a script": ('reset = "javascript:alert(1)"', "holds an address"),
    "two lines in a subject": ('reset_subject = "a\\nb"', "must be one line"),
    "a subject without end": (f'reset_subject = "{"x" * 201}"', "1 to 200"),
    "nothing": ('reset = " "', "1 to 4000"),
    "a number": ("reset = 1", "must be text"),
    "what is not seen": ('reset = "a\\u202Eb"', "U+202E"),
    "no TOML": ("reset = ", "is no TOML"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_can_not_be_used_is_refused(tmp_path: Path, kind: str) -> None:
    text, said = WRONG[kind]
    with pytest.raises(BadTexts) as refused:
        read_texts(lay(tmp_path, de=text), BASE)
    assert said in str(refused.value)
    assert str(tmp_path / "de.toml") in str(refused.value)


@pytest.mark.parametrize("folder", ["", "missing"])
def test_a_folder_without_texts_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(BadTexts):
        read_texts(tmp_path / folder, BASE)


def test_our_own_texts_can_be_used_and_lead_nowhere(tmp_path: Path) -> None:
    """So a file that the command prints is one that is accepted."""
    files = {lang: "\n".join(written(own_texts(lang))) for lang in PORTAL_WORDS}
    said = letter_words(str(lay(tmp_path, **files)), BASE)
    for lang, words in said.items():
        assert words == {key: text for key, text in PORTAL_WORDS[lang].items() if key.startswith("mail_")}
        assert len(words) > 40


def test_an_address_of_the_server_itself_may_stand(tmp_path: Path) -> None:
    read = read_texts(lay(tmp_path, en=f'reset = "See {BASE}/portal or write to help@example.com"'), BASE)
    assert BASE in read["en"]["reset"]


def test_a_server_with_wrong_texts_does_not_start(tmp_path: Path) -> None:
    environ = {
        "HOISTWAY_BASE_URL": BASE, "HOISTWAY_DATABASE": "sqlite:////tmp/x.db", "HOISTWAY_MASTER_KEY": "A" * 43,
        "HOISTWAY_MAIL_TEXTS": str(lay(tmp_path, en='reset = "https://evil.example"')),
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"HOISTWAY_MAIL_TEXTS: .*reset holds an address"):
        settings_from(environ)


def test_the_command_prints_and_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOISTWAY_BASE_URL", BASE)
    printed = run("mail", "texts", "--language", "de").stdout
    assert 'invited_do = "Einladung annehmen"\n' in printed
    changed = printed.replace("Einladung annehmen", "Ja, gern")
    folder = lay(tmp_path, de=changed)
    assert answer("mail", "check-texts", str(folder)) == {"folder": str(folder), "en": 0, "de": len(own_texts("de"))}
    monkeypatch.setenv("HOISTWAY_MAIL_TEXTS", str(folder))
    assert answer("mail", "texts", "--language", "de")["invited_do"] == "Ja, gern"
    lay(tmp_path, de='invited = "{who}"')
    assert "invited has the placeholder {who}" in run("mail", "check-texts", code=1).stderr
    assert "must be en or de" in run("mail", "texts", "--language", "fr", code=2).stderr
    monkeypatch.delenv("HOISTWAY_MAIL_TEXTS")
    assert "name a folder" in run("mail", "check-texts", code=2).stderr


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_as_editors_write_them(tmp_path: Path, encoding: str) -> None:
    """With a byte order mark they are read, and another encoding is named."""
    (tmp_path / "en.toml").write_bytes('open = "Go"\n'.encode(encoding))
    if encoding == "utf-16":
        with pytest.raises(BadTexts, match="is in UTF-16: save it as UTF-8"):
            read_texts(tmp_path, BASE)
    else:
        assert read_texts(tmp_path, BASE) == {"en": {"open": "Go"}}
