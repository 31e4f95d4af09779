"""Sentences as a gettext file, which translators' programs read (https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html).

The key is the context of a message, the English sentence its text: a translator sees what is said, and two sentences that are alike
in English can differ in another language.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from translation.tables import Sentence, names_in

_LINE = re.compile(r'\s*(?:#.*|(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)\s*)?"(?:[^"\\]|\\.)*"\s*)?')
_CHARSET = re.compile(r"charset=([^\\\s\"]+)")


class BadWords(Exception):
    """The file can't be taken; the text has a line for each mistake."""


def written(language: str, sentences: Iterable[Sentence], places: Mapping[str, Sequence[str]]) -> bytes:
    """`places` are the files that use a sentence, by its key."""
    catalog = Catalog(locale=language, project="Hoistway", charset="utf-8", fuzzy=False, header_comment="#")
    for one in sentences:
        names = sorted(names_in(one.english))
        catalog.add(
            one.english,
            one.text,
            context=one.key,
            locations=[(path, 0) for path in places.get(one.key, ())],
            auto_comments=[f"Keep {', '.join(f'{{{name}}}' for name in names)} as they are."] if names else [],
            flags=["python-brace-format"] if names else [],
        )
    file = BytesIO()
    write_po(file, catalog, width=0, include_lineno=False)
    return file.getvalue()


def read(language: str, content: bytes, known: Mapping[str, Sentence]) -> dict[str, str]:
    """The translated sentences by key, those alone that the source has otherwise; what is empty or marked as uncertain is left out.
    Raises BadWords with every sentence that can't be taken."""
    mistakes, taken = [], {}
    for message in _catalog(language, content):
        key, text = message.context or "", message.string if isinstance(message.string, str) else ""
        if message.id and message.pluralizable:
            mistakes.append(
                f"{key or message.id}: it has forms for one and several; here a sentence has one: take msgid_plural out"
            )
        if not message.id or not text.strip() or message.fuzzy:
            continue
        why = _why_not(key, str(message.id), text, known.get(key))
        if why:
            mistakes.append(f"{key or message.id}: {why}")
        elif text != known[key].text:
            taken[key] = text
    if mistakes:
        raise BadWords("\n".join(mistakes))
    return taken


def _catalog(language: str, content: bytes) -> Catalog:
    """Raises BadWords."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadWords(f"byte {error.start + 1} is no UTF-8: save the file in UTF-8") from error
    broken = [number for number, line in enumerate(lines, 1) if not _LINE.fullmatch(line)]
    if broken:
        raise BadWords(
            "\n".join(f"line {number}: it is cut off, or a quotation mark is missing" for number in broken[:20])
        )
    charset = _CHARSET.search(content.decode("utf-8-sig"))
    if charset is not None and charset[1].lower() not in {"utf-8", "utf8", "charset"}:
        raise BadWords(f"its first message says charset={charset[1]}: save the file in UTF-8 and say so")
    try:
        found = read_po(BytesIO("\n".join(lines).encode()), locale=language, abort_invalid=True)
    except Exception as error:
        # The library tells broken files by exceptions of many kinds.
        raise BadWords(f"it is no gettext file: {str(error) or type(error).__name__}") from error
    said = str(found.locale_identifier or "").replace("-", "_").partition("_")[0].lower()
    if said and said != language:
        raise BadWords(f"its first message says Language: {found.locale_identifier}, and {language} was to be imported")
    return found


def _why_not(key: str, english: str, text: str, sentence: Sentence | None) -> str | None:
    if sentence is None:
        return "there is no such sentence any more: take it out, or export again"
    if english != sentence.english:
        return f"the English says something else by now, “{sentence.english}”: export again and translate that"
    try:
        names = names_in(text)
    except ValueError as error:
        return f"{error}: write braces around names alone"
    if names != names_in(sentence.english):
        return f"the names in braces must be {', '.join(sorted(names_in(sentence.english))) or 'none'}"
    return None
