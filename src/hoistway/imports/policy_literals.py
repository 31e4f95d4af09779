"""Strings, characters and comments of C#, in which brackets and quotes mean nothing
(https://learn.microsoft.com/dotnet/csharp/language-reference/tokens/verbatim)."""

from typing import Final

_VERBATIM: Final = ('@"', '$@"', '@$"')


def literal_end(text: str, at: int) -> int | None:
    """Behind the string, character or comment of C# that begins here; None where none does."""
    if text.startswith("//", at):
        return _behind(text, "\n", at)
    if text.startswith("/*", at):
        return _behind(text, "*/", at + 2)
    if text.startswith(_VERBATIM, at):
        return _verbatim_end(text, text.index('"', at) + 1)
    if text.startswith('$"', at):
        at += 1
    quote = text[at]
    if quote not in {'"', "'"}:
        return None
    end = at + 1
    while end < len(text) and text[end] not in {quote, "\n"}:
        end += 2 if text[end] == "\\" else 1
    return min(end + 1, len(text))


def _verbatim_end(text: str, at: int) -> int:
    """In such a string two quotes stand for one."""
    while True:
        end = _behind(text, '"', at)
        if not text.startswith('"', end) or end >= len(text):
            return end
        at = end + 1


def _behind(text: str, end: str, at: int) -> int:
    place = text.find(end, at)
    return len(text) if place < 0 else place + len(end)
