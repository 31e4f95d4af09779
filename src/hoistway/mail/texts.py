"""Sentences of mails in an operator's own words: files `en.toml` and `de.toml` in a folder (https://toml.io/en/v1.0.0).

A sentence may use the placeholders that ours has, and no others. It holds no address but the server's own: where a letter
leads is not a matter of words."""

import json
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from string import Formatter
from typing import Final

from hoistway.mail.occasions import OCCASIONS, mail_of
from hoistway.protocol.text import BadText, read_text
from hoistway.protocol.text_file import NotUtf8, text_of
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang, Words

PREFIX: Final = "mail_"
LONGEST, LONGEST_LINE, LARGEST = 4_000, 200, 1_000_000
_ONE_LINE: Final = re.compile(r"hello|message|open|.*_(subject|do|open)")
"""Sentences that stand in a header or on a link."""
_ADDRESS: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://[^\s<>\"]*|\bwww\.|\b(?:javascript|data|mailto):", re.IGNORECASE
)


class BadTexts(ValueError):
    """A file can't be used; the message says which sentence and why."""


def own_texts(lang: Lang) -> Words:
    """By their names in the files."""
    return {key.removeprefix(PREFIX): text for key, text in PORTAL_WORDS[lang].items() if key.startswith(PREFIX)}


def placeholders_of(text: str) -> set[str]:
    """Raises BadTexts for anything but names in braces."""
    try:
        parts = [(name, form, turn) for _, name, form, turn in Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise BadTexts("has a brace without its other half; write {{ or }} for one that is shown") from error
    for name, form, turn in parts:
        if form or turn or not name.isidentifier():
            raise BadTexts(
                "may have placeholders such as {brand} alone in braces; write {{ or }} for a brace that is shown"
            )
    return {name for name, _, _ in parts}


def check_text(name: str, text: object, ours: str, base_url: str) -> str:
    """The text as it is sent. Raises BadTexts."""
    most = LONGEST_LINE if _ONE_LINE.fullmatch(name) else LONGEST
    if not isinstance(text, str) or not 1 <= len(text.strip()) <= most:
        raise BadTexts(f"must be text of 1 to {most} characters")
    try:
        read = read_text(text)
    except BadText as error:
        raise BadTexts(str(error)) from error
    if most == LONGEST_LINE and "\n" in read:
        raise BadTexts("must be one line")
    unknown = placeholders_of(read) - placeholders_of(ours)
    if unknown:
        known = ", ".join(f"{{{one}}}" for one in sorted(placeholders_of(ours))) or "none"
        raise BadTexts(f"has the placeholder {{{min(unknown)}}}, which it does not know; it knows {known}")
    for found in _ADDRESS.findall(read):
        if found != base_url and not found.startswith(f"{base_url}/"):
            raise BadTexts(f"holds an address, {found}: letters lead to {base_url} alone")
    return read


def _read_file(path: Path) -> Mapping[str, object]:
    toml = import_module("tomllib")
    try:
        if path.stat().st_size > LARGEST:
            raise BadTexts(f"{path} is larger than {LARGEST} bytes")
        found: Mapping[str, object] = toml.loads(text_of(path.read_bytes()))
    except OSError as error:
        raise BadTexts(f"{path} can't be read: {error.strerror}") from error
    except NotUtf8 as error:
        raise BadTexts(f"{path}: {error}") from error
    except toml.TOMLDecodeError as error:
        raise BadTexts(f"{path} is no TOML in UTF-8: {error}") from error
    return found


def read_texts(folder: Path, base_url: str) -> dict[Lang, Words]:
    """What each language says otherwise; a language without a file says nothing otherwise. Raises BadTexts."""
    if not folder.is_dir():
        raise BadTexts(f"{folder} is no folder")
    said: dict[Lang, Words] = {}
    for lang in PORTAL_WORDS:
        path, ours = folder / f"{lang}.toml", own_texts(lang)
        for name, text in (_read_file(path) if path.exists() else {}).items():
            if name not in ours:
                raise BadTexts(
                    f"{path}: there is no sentence {name}; `hoistway mail texts --language {lang}` lists them"
                )
            try:
                said[lang] = {**said.get(lang, {}), name: check_text(name, text, ours[name], base_url)}
            except BadTexts as error:
                raise BadTexts(f"{path}: {name} {error}") from error
    if not said:
        raise BadTexts(f"{folder} has neither en.toml nor de.toml, or they are empty")
    return said


def letter_words(folder: str | None, base_url: str) -> Mapping[Lang, Words]:
    """The sentences of mails with the keys that programs use, for the setting. Raises BadTexts."""
    if folder is None:
        return PORTAL_WORDS
    try:
        said = read_texts(Path(folder), base_url.rstrip("/"))
    except BadTexts as error:
        raise BadTexts(f"HOISTWAY_MAIL_TEXTS: {error}") from error
    return {
        lang: {f"{PREFIX}{name}": text for name, text in {**own_texts(lang), **said.get(lang, {})}.items()}
        for lang in PORTAL_WORDS
    }


def written(texts: Words) -> Iterator[str]:
    """The lines of a file; before each mail's a comment says when it goes out."""
    mail: str | None = ""
    # What JSON writes for text, TOML reads as the same text.
    for name, text in texts.items():
        if (here := mail_of(name)) != mail:
            yield f"# {'sentences of several mails' if here is None else OCCASIONS[here]}"
            mail = here
        yield f"{name} = {json.dumps(text, ensure_ascii=False)}"
