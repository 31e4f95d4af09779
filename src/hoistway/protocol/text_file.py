"""Text of files that people make with editors and spreadsheets: UTF-8, with a byte order mark or without."""

from typing import Final

SAVE_IT: Final = "save it as UTF-8"
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


class NotUtf8(ValueError):
    """The text says what it is, and what to do; `line` is 0 where it is about the whole file."""

    def __init__(self, line: int, words: str) -> None:
        self.line = line
        super().__init__(words)


def is_utf16(begin: bytes) -> bool:
    """By its byte order mark; without one, every other byte of ASCII text is zero."""
    return begin.startswith(_MARKS) or begin[:2].count(0) == 1


def text_of(body: bytes) -> str:
    """Without its byte order mark. Raises NotUtf8."""
    if is_utf16(body):
        raise NotUtf8(0, f"it is in UTF-16: {SAVE_IT}")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise NotUtf8(line, f"line {line} is no text in UTF-8: {SAVE_IT}") from error
