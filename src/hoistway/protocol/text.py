"""Text as it is stored and compared: normalised (NFC), trimmed, and without invisible characters.

Follows PRECIS (https://www.rfc-editor.org/rfc/rfc8264) in the profiles of RFC 8265 for user names and RFC 8266 for
names; docs/adr/0018-text.md says where this differs and why.
"""

import re
import unicodedata
from collections.abc import Iterator

from idna import IDNAError
from idna.core import valid_contextj

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_AROUND, _TURNS = 24, 4
_DIGIT_SIGN = re.compile(r"[0-9#*]")
# Letters, marks and one symbol that are drawn as nothing although Python calls them printable (RFC 8264 section 9.13),
# and half syllables that NFC leaves (section 9.9).
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb\U0001d159"
# Variation selectors: they choose a form of the character before them and mean nothing anywhere else.
_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_IS_BLANK, _IS_SELECTOR = re.compile(f"[{_BLANK}]"), re.compile(f"[{_SELECTORS}]")
_ODD = re.compile(f"[{_BLANK}{_SELECTORS}]")
_IN_CONTEXT = re.compile(f"[{_ZWNJ}{_ZWJ}{_SELECTORS}]")
# Control characters (except tab and line breaks), format characters, surrogates, private use, unassigned.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


_SAID = {"\t": "a tab", "\n": "a line break"}


class BadText(ValueError):
    """The text holds a character that it may not; `character` is written U+200B."""

    def __init__(self, letter: str) -> None:
        self.character = f"U+{ord(letter):04X}"
        name = _SAID.get(letter) or unicodedata.name(letter, "a control character").lower()
        unknown = unicodedata.category(letter) in {"Co", "Cn", "Cs"}
        why = "which is no character that everybody has" if unknown else f"{name}, which is not seen"
        super().__init__(f"holds {self.character}, {why}: remove it")


def composed(text: str) -> str:
    """Normalization Form C: a letter and its accent become one character where there is one for both."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def is_plain(text: str) -> bool:
    """True for text that only needs to be checked for blanks: one line, normalised, every character visible. This is
    the fast path."""
    if not text.isprintable():
        return False
    if text.isascii():
        return True
    try:
        # Text in Latin-1 is always normalised and has no special characters; trying to encode it costs a tenth of
        # looking at each character.
        text.encode("latin-1")
    except UnicodeEncodeError:
        return _ODD.search(text) is None and unicodedata.is_normalized("NFC", text)
    return True


def is_latin(text: str) -> bool:
    """True for printable text in Latin-1."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return text.isprintable()


def _joins(text: str, place: int) -> bool:
    """RFC 5892 appendix A.1 and A.2; also between two symbols, as emoji are joined (UTS #51, ED-16). At most as many
    characters are looked at as any context needs."""
    begin = max(0, place - _AROUND)
    try:
        if valid_contextj(text[begin : place + _AROUND], place - begin):
            return True
    except (IDNAError, ValueError):
        return False
    before = text[begin:place].rstrip("\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")[-1:]
    return text[place] == _ZWJ and _is_symbol(before) and _is_symbol(text[place + 1 : place + 2])


def _is_symbol(letter: str) -> bool:
    return not letter.isascii() and (unicodedata.category(letter) in {"So", "Sm", "Sk"} or _will_be_seen(letter))


def _will_be_seen(letter: str) -> bool:
    """Unassigned in this Python's Unicode, but reserved for pictures and ideographs: those of newer versions of
    Unicode."""
    return ("\U0001f000" <= letter <= "\U0001faff" or "\U00020000" <= letter <= "\U0003fffd") and ord(
        letter
    ) & 0xFFFF < 0xFFFE


def _selects(text: str, place: int) -> bool:
    """A selector after a character that has such forms: a symbol, a keycap's digit, an ideograph, a Mongolian letter."""
    selector, before = text[place], text[place - 1 : place]
    if not before:
        return False
    if "\u180b" <= selector <= "\u180f":
        return "\u1820" <= before <= "\u18aa"
    if selector == "\ufe0f" and _DIGIT_SIGN.match(before):
        return text[place + 1 : place + 2] == "\u20e3"
    if unicodedata.category(before) in {"So", "Sm", "Sk", "Po"} and not before.isascii():
        return "\ufe00" <= selector <= "\ufe0f"
    ideograph = unicodedata.name(before, "").startswith("CJK ")
    return ideograph and (selector <= "\ufe02" or selector >= "\U000e0100")


def _is_seen(text: str, place: int) -> bool:
    letter = text[place]
    if letter in "\t\n":
        return True
    if letter in {_ZWNJ, _ZWJ}:
        return _joins(text, place)
    if _IS_SELECTOR.match(letter):
        return _selects(text, place)
    if _IS_BLANK.match(letter):
        return False
    return unicodedata.category(letter) not in _HIDDEN or _will_be_seen(letter)


def _even(text: str) -> str:
    """Normalised; every kind of space becomes U+0020 (RFC 8266 section 2.1), every line break a line feed."""
    text = text.replace("\r\n", "\n")
    text = re.sub("[\r\x85\u2028\u2029]", "\n", text)
    return composed("".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in text))


def _hidden(text: str) -> Iterator[int]:
    return (place for place in range(len(text)) if not _is_seen(text, place))


def check_seen(text: str) -> None:
    """Raises BadText at the first invisible character; tabs and line breaks are allowed."""
    if not is_plain(text):
        text = _even(text)
        for place in _hidden(text):
            raise BadText(text[place])


def cleaned(text: str) -> str:
    """The text as it is stored: normalised, trimmed, without invisible characters. Line breaks and tabs stay."""
    if is_plain(text):
        return text.strip()
    text = _even(text)
    # Repeated, because letters that are now side by side may combine, and joiners may have lost what they joined. The
    # text gets shorter each time, so this ends.
    for _ in range(_TURNS):
        hidden = set(_hidden(text))
        if not hidden:
            return text.strip()
        text = composed("".join(letter for place, letter in enumerate(text) if place not in hidden))
    return composed(_IN_CONTEXT.sub("", text)).strip()


def one_line(text: str) -> str:
    """The same for a name: one line, with single blanks."""
    return " ".join(cleaned(text).split())


def read_line(text: str) -> str:
    """A name or an id from a program, which is told of a mistake. Raises BadText, also for a line break or tab inside."""
    line = text.strip()
    if is_plain(line):
        return " ".join(line.split())
    check_seen(line)
    if not line.isprintable():
        line = _even(line)
        for letter in line:
            if letter in "\t\n":
                raise BadText(letter)
    return one_line(line)


def read_name(typed: str | None, least: int, most: int) -> tuple[str, bool]:
    """(name, whether it may be used): a name typed into a form, as it is stored. One that may not be used stays as it
    was typed."""
    line = " ".join((typed or "").split())
    try:
        name = read_line(line)
    except BadText:
        return line, False
    return name, least <= len(name) <= most


def read_text(text: str) -> str:
    """Text of several lines from a program. Raises BadText."""
    check_seen(text)
    return cleaned(text)


def username_key(username: str) -> str:
    """The form in which user names are compared: normalised, half width, without regard to case (RFC 8265 section 3.3),
    and without invisible characters, joiners included."""
    if username.isascii() and username.isprintable():
        return " ".join(username.split()).casefold()
    if is_latin(username):
        # Printable, so without joiners; and nothing of it is wide or narrow.
        return composed(unicodedata.normalize("NFD", " ".join(username.split())).casefold())
    narrow = "".join(
        _narrow(letter) for letter in _even(username) if unicodedata.category(letter) != "Cf" and not _ODD.match(letter)
    )
    return composed(unicodedata.normalize("NFD", one_line(narrow)).casefold())


def _narrow(letter: str) -> str:
    wide = unicodedata.decomposition(letter)
    return chr(int(wide.split()[1], 16)) if wide.startswith(("<wide>", "<narrow>")) else letter
