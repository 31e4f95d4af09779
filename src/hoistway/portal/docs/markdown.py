"""Renders guides from Markdown to HTML, with anchors, tables, and code that can be copied (https://spec.commonmark.org/0.31.2/)."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import escape
from msgspec import Struct

from hoistway.web.highlight import highlight
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang

# HTML in a guide is shown as text: only this module makes markup.
_PARSER: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
_LEVELS: Final = {f"h{level}": level for level in range(1, 7)}
_EXPLICIT: Final = re.compile(r"\s*\{#([A-Za-z0-9_.-]+)\}$")


class Section(Struct, frozen=True):
    """A heading and the text up to the next heading, code last; `level` 1 is what comes before the first heading."""

    level: int
    anchor: str
    title: str
    text: str


class Fence(Struct, frozen=True):
    """A block of code as written; `section` is the anchor of the heading above it."""

    language: str
    code: str
    section: str


class Document(Struct, frozen=True):
    """`html` still contains `{{placeholders}}`."""

    html: str
    sections: tuple[Section, ...]
    fences: tuple[Fence, ...]


def slug(title: str) -> str:
    """`Rotation and the grace window` -> `rotation-and-the-grace-window`."""
    plain = unicodedata.normalize("NFKD", title.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def words_of(inline: Token) -> str:
    """The text without its markup."""
    kinds = {"text", "code_inline", "softbreak", "hardbreak"}
    return "".join(child.content or " " for child in inline.children or () if child.type in kinds)


def _anchor(inline: Token) -> str:
    """`{#name}` at the end of a heading names its anchor and is removed. A heading that consists of one code has that
    code as its anchor, so that errors can be linked by name. Otherwise it is made from the heading's words."""
    children = inline.children or []
    if children and children[-1].type == "text":
        named = _EXPLICIT.search(children[-1].content)
        if named is not None:
            children[-1].content = children[-1].content[: named.start()]
            return named[1]
    codes = [child for child in children if child.type == "code_inline"]
    if len(codes) == 1 and len(children) == 1:
        return codes[0].content
    return slug(words_of(inline))


def _link_heading(opening: Token, inline: Token) -> str:
    anchor = _anchor(inline)
    opening.attrSet("id", anchor)
    link = Token("link_open", "a", 1, attrs={"href": f"#{anchor}"})
    inline.children = [link, *(inline.children or []), Token("link_close", "a", -1)]
    return anchor


def code_html(code: str, language: str, lang: Lang) -> str:
    """A block of code with a button that copies it; the button appears where scripts run."""
    words = PORTAL_WORDS[lang]
    button = f'<button type="button" class="quiet copy" hidden data-copied="{escape(words["frame_copied"])}">'
    shown = highlight(code.rstrip("\n"), language)
    return f'<div class="sample"><pre tabindex="0"><code>{shown}</code></pre>{button}{escape(words["frame_copy"])}</button></div>\n'


def _without_empty_heads(tokens: Sequence[Token]) -> list[Token]:
    """Markdown has no tables without a head; a head without text is left out, and so is the only cell of one."""
    kept: list[Token] = []
    for index, token in enumerate(tokens):
        if token.type in {"th_open", "th_close"}:
            inline = tokens[index + 1 if token.nesting == 1 else index - 1]
            token.tag = token.tag if inline.content else "td"
        kept.append(token)
        if token.type == "thead_close":
            begin = max(i for i, one in enumerate(kept) if one.type == "thead_open")
            if not any(one.content for one in kept[begin:]):
                del kept[begin:]
    return kept


class _Reading:
    """Goes through the tokens of a guide once and collects sections and programs."""

    def __init__(self, title: str, lang: Lang) -> None:
        self._lang = lang
        self._sections: list[tuple[int, str, str, list[str], list[str]]] = [(1, "", title, [], [])]
        self._fences: list[Fence] = []

    def _table(self, token: Token) -> None:
        """A table that is wider than the page scrolls by itself, with the keyboard, too."""
        title = self._sections[-1][2]
        opening = f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(title)}"><table>\n'
        token.type, token.content = "html_block", opening if token.nesting == 1 else "</table></div>\n"

    def _heading(self, token: Token, inline: Token) -> None:
        anchor = _link_heading(token, inline)
        self._sections.append((_LEVELS[token.tag], anchor, words_of(inline).strip(), [], []))

    def _fence(self, token: Token) -> None:
        language = token.info.strip()
        self._fences.append(Fence(language, token.content, self._sections[-1][1]))
        self._sections[-1][4].append(token.content)
        token.type, token.content = "html_block", code_html(token.content, language, self._lang)

    def walk(self, tokens: Sequence[Token]) -> None:
        for index, token in enumerate(tokens):
            if token.type == "heading_open":
                self._heading(token, tokens[index + 1])
            elif token.type in {"table_open", "table_close"}:
                self._table(token)
            elif token.type == "fence":
                self._fence(token)
            elif token.type == "inline" and tokens[index - 1].type != "heading_open":
                self._sections[-1][3].append(words_of(token))

    def document(self, html: str) -> Document:
        sections = (
            Section(level, anchor, title, " ".join(text + code)) for level, anchor, title, text, code in self._sections
        )
        return Document(html, tuple(sections), tuple(self._fences))


def read_markdown(text: str, title: str, lang: Lang) -> Document:
    """`title` names what comes before the first heading."""
    tokens = _without_empty_heads(_PARSER.parse(text))
    reading = _Reading(title, lang)
    reading.walk(tokens)
    return reading.document(_PARSER.renderer.render(tokens, _PARSER.options, {}))
