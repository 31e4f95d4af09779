"""Sentences as a gettext file, which translators' programs read (https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html).

The key is the context of a message, the English sentence its text: a translator sees what is said, and two sentences that are alike
in English can differ in another language.
"""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from translation.tables import Sentence, names_in


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
    for message in read_po(BytesIO(content), locale=language):
        key, text = message.context or "", message.string if isinstance(message.string, str) else ""
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
