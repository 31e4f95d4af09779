"""Highlights comments, strings, keywords and numbers of a program: enough to read it, and little code."""

import re
from functools import cache
from typing import Final

from markupsafe import escape

_HASH, _SLASH = r"#[^\n]*", r"//[^\n]*"
_TRIPLE = r'"""[\s\S]*?"""'
_STRING = r'"(?:\\.|[^"\\])*"' + "|" + r"'(?:\\.|[^'\\])*'"
_TICKS = r"`(?:\\.|[^`\\])*`"
# comments, strings and keywords of each language; "text" has none
_RULES: Final[dict[str, tuple[str | None, str, str]]] = {
    "curl": (r"(?<![^\s])#[^\n]*", _STRING, "curl export if then fi do done while for in"),
    "python": (
        _HASH,
        f"{_TRIPLE}|{_STRING}",
        "import from if not raise print def return for in as with None True False",
    ),
    "javascript": (_SLASH, f"{_STRING}|{_TICKS}", "const let await new if throw import from function return async"),
    "csharp": (_SLASH, f"{_TRIPLE}|{_STRING}", "using var new await if return"),
    "java": (_SLASH, f"{_TRIPLE}|{_STRING}", "import public class static void throws var new return String"),
    "go": (_SLASH, f"{_STRING}|{_TICKS}", "package import func if return nil defer"),
    "php": (_SLASH, _STRING, "if echo exit true false"),
    "json": (None, r'"(?:\\.|[^"\\])*"', "true false null"),
    "http": (None, r"(?!)", "GET POST PATCH PUT DELETE HTTP"),
}
_ALIASES: Final = {"sh": "curl", "bash": "curl", "js": "javascript", "url": "text"}


@cache
def _pattern(language: str) -> re.Pattern[str] | None:
    rules = _RULES.get(_ALIASES.get(language, language))
    if rules is None:
        return None
    comment, string, words = rules
    keyword = "|".join(words.split())
    parts = [] if comment is None else [f"(?P<c>{comment})"]
    return re.compile("|".join((*parts, f"(?P<s>{string})", rf"(?P<k>\b(?:{keyword})\b)", r"(?P<n>\b[0-9][0-9.]*\b)")))


def highlight(code: str, language: str) -> str:
    """Returns HTML in which each part is a `span` of class c, s, k or n, and everything is escaped."""
    pattern = _pattern(language)
    if pattern is None:
        return str(escape(code))
    parts: list[str] = []
    end = 0
    for found in pattern.finditer(code):
        parts.append(str(escape(code[end : found.start()])))
        parts.append(f'<span class="{found.lastgroup}">{escape(found[0])}</span>')
        end = found.end()
    return "".join((*parts, str(escape(code[end:]))))
