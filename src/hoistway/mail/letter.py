"""Writes a letter as plain text and as simple HTML with the same content (https://www.rfc-editor.org/rfc/rfc2046#section-5.1.4)."""

import re
from typing import ClassVar, Final

from markupsafe import Markup, escape

from hoistway.discreet import Discreet
from hoistway.protocol.text import one_line
from hoistway.web.words import Lang

SECRET: Final = "?link="
"""What stands before the secret in the address of a single-use link."""
LONGEST_NAME: Final = 80
_INSIDE: Final = re.compile(r"[.:/@\\](?=\S)")


class Letter(Discreet, frozen=True):
    """`quote` is what somebody else wrote, and is shown as such; `link` is an address of this server, `small` the
    reason why the reader gets the letter."""

    hidden: ClassVar[frozenset[str]] = frozenset({"link"})
    lang: Lang
    subject: str
    greeting: str
    text: str
    quote_label: str
    quote: str
    label: str
    link: str
    small: str


def without_addresses(name: str) -> str:
    """What somebody calls themselves, for a letter to somebody who does not know them: no mail program finds an address in it
    that it could make a link of, and it is no letter of its own."""
    return _INSIDE.sub(r"\g<0> ", name)[:LONGEST_NAME]


def subject_line(text: str) -> str:
    """For a header, so it must not contain a line break."""
    return one_line(text)[:200]


def plain_text(letter: Letter) -> str:
    quote = "\n".join(f"> {line}" for line in letter.quote.splitlines())
    parts = [letter.greeting, letter.text]
    parts += [f"{letter.quote_label}\n\n{quote}"] if quote else []
    parts += [f"{letter.label}:\n{letter.link}", f"--\n{letter.small}"]
    return "\n\n".join(parts) + "\n"


def _paragraphs(text: str) -> Markup:
    """An empty line begins another."""
    parts = (Markup("<br>\n").join(escape(line) for line in part.splitlines()) for part in text.split("\n\n"))
    return Markup("").join(Markup("<p>{}</p>\n").format(part) for part in parts)


def html_text(letter: Letter) -> str:
    """Without pictures, styles or scripts; everything that strangers wrote is escaped."""
    quoted = Markup("<br>\n").join(escape(line) for line in letter.quote.splitlines())
    quote = Markup("<p>{}</p>\n<blockquote>{}</blockquote>\n").format(letter.quote_label, quoted) if quoted else ""
    return str(
        Markup(
            '<!doctype html>\n<html lang="{lang}">\n<head><meta charset="utf-8"><title>{subject}</title></head>\n<body>\n'
            '<p>{greeting}</p>\n{text}{quote}<p><a href="{link}">{label}</a></p>\n<hr>\n<p><small>{small}</small></p>\n'
            "</body>\n</html>\n"
        ).format(
            lang=letter.lang, subject=letter.subject, greeting=letter.greeting, text=_paragraphs(letter.text), quote=quote,
            link=letter.link, label=letter.label, small=letter.small,
        )
    )  # fmt: skip
