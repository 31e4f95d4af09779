"""Reads policies of API Management, as XML or as the portal's own `rawxml`, in which expressions stand unescaped
(https://learn.microsoft.com/azure/api-management/api-management-policy-expressions).

`rawxml` is no XML: an attribute may hold `@(context.Request.Headers["x"] == "y" && a < b)`, quotes, brackets and all. So this reads
what policies consist of: elements, attributes, comments, and expressions by the strings and brackets of C#.
"""

import html
import re
from typing import Final

from msgspec import Struct

from hoistway.imports.policy_literals import literal_end

LONGEST: Final = 1024 * 1024
DEEPEST: Final = 64
MOST_ELEMENTS: Final = 20_000
LONGEST_EXPRESSION: Final = 64 * 1024
MOST_UNCLOSED: Final = 20
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")
_NEXT: Final = re.compile(r"[<@]")
_BLANK: Final = re.compile(r"\s*")
_CLOSES: Final = {"(": ")", "{": "}"}


class BadPolicy(Exception):
    """Its text says what is wrong, and in which line."""


class Element(Struct):
    """`text` is the text in it, without that of its children; expressions are left as they are written."""

    name: str
    attributes: dict[str, str]
    children: list["Element"]
    text: str
    line: int

    def of_name(self, name: str) -> list["Element"]:
        """All within it, at any depth, in their order."""
        found = []
        for child in self.children:
            found += [child] if child.name == name else []
            found += child.of_name(name)
        return found


def read_policy(text: str) -> Element:
    """The element `policies` or `fragment`. Raises BadPolicy."""
    if len(text) > LONGEST:
        raise BadPolicy(f"it has more than {LONGEST >> 20} MB")
    root = _Reader(text.removeprefix("\ufeff")).document()
    if root.name not in {"policies", "fragment"}:
        raise BadPolicy(f"line {root.line}: it begins with {root.name[:40]}, and not with policies or fragment")
    return root


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._at, self._elements, self._unclosed = text, 0, 0, 0
        self._counted = (0, 1)

    def document(self) -> Element:
        self._skip()
        root = self._element()
        self._skip()
        if self._at < len(self._text):
            raise self._wrong("something stands behind its last element")
        return root

    def _wrong(self, why: str, at: int | None = None) -> BadPolicy:
        return BadPolicy(f"line {self._line(self._at if at is None else at)}: {why}")

    def _line(self, at: int) -> int:
        before, line = self._counted
        if at < before:
            return self._text.count("\n", 0, at) + 1
        self._counted = (at, line + self._text.count("\n", before, at))
        return self._counted[1]

    def _skip(self) -> None:
        """Blanks, comments and the declaration."""
        while True:
            self._blanks()
            if self._text.startswith("<!--", self._at):
                self._to("-->")
            elif self._text.startswith("<?", self._at):
                self._to("?>")
            else:
                return

    def _blanks(self) -> None:
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _to(self, end: str) -> None:
        place = self._text.find(end, self._at)
        if place < 0:
            raise self._wrong(f"it is cut off: {end} is missing")
        self._at = place + len(end)

    def _name(self) -> str:
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise self._wrong("a name is missing" if self._at < len(self._text) else "it is cut off")
        self._at = found.end()
        return found[0]

    def _element(self) -> Element:
        """With all that stands in it; without recursion, so that no nesting is too deep for Python."""
        root = Element("", {}, [], "", 0)
        open_ones = [root]
        while True:
            if len(open_ones) > 1:
                self._text_of(open_ones[-1])
            if self._text.startswith("</", self._at):
                self._close(open_ones)
            else:
                child, closed = self._open()
                open_ones[-1].children.append(child)
                open_ones += [] if closed else [child]
            if len(open_ones) > DEEPEST:
                raise self._wrong(f"it is nested more than {DEEPEST} deep")
            if len(open_ones) == 1:
                return root.children[0]

    def _open(self) -> tuple[Element, bool]:
        begin = self._at
        if not self._text.startswith("<", begin) or self._text.startswith("<!", begin):
            raise self._wrong("an element must begin here" if begin < len(self._text) else "it is cut off")
        self._at += 1
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise self._wrong(f"it has more than {MOST_ELEMENTS} elements")
        element = Element(self._name(), {}, [], "", self._line(begin))
        while True:
            self._blanks()
            if self._text.startswith("/>", self._at):
                self._at += 2
                return element, True
            if self._text.startswith(">", self._at):
                self._at += 1
                return element, False
            name = self._name()
            if name in element.attributes:
                raise self._wrong(f"{element.name} has {name} twice")
            element.attributes[name] = self._value(name)

    def _value(self, name: str) -> str:
        self._blanks()
        if not self._text.startswith("=", self._at):
            raise self._wrong(f"{name} has no value")
        self._at += 1
        self._blanks()
        quote = self._text[self._at : self._at + 1]
        if quote not in {'"', "'"}:
            raise self._wrong(f"the value of {name} has no quotes")
        self._at += 1
        begin = self._at
        end = self._expression_end(begin)
        if end is None or not self._text.startswith(quote, end):
            # Also where it only looks like an expression, and in XML, in which the quotes of expressions are escaped.
            end = self._text.find(quote, begin)
            if end < 0:
                raise self._wrong(f"the value of {name} is cut off", begin)
        self._at = end + 1
        return html.unescape(self._text[begin:end])

    def _text_of(self, element: Element) -> None:
        """Up to the next element or the end of this one."""
        while self._at < len(self._text):
            if self._text.startswith("<!--", self._at):
                self._to("-->")
            elif self._text.startswith("<![CDATA[", self._at):
                begin = self._at + len("<![CDATA[")
                self._to("]]>")
                element.text += self._text[begin : self._at - 3]
            elif self._text[self._at] == "<":
                return
            elif (end := self._expression_end(self._at)) is not None:
                element.text += self._text[self._at : end]
                self._at = end
            else:
                found = _NEXT.search(self._text, self._at + 1)
                end = found.start() if found else len(self._text)
                element.text += html.unescape(self._text[self._at : end])
                self._at = end
        raise self._wrong(f"it is cut off: {element.name} of line {element.line} is not closed")

    def _close(self, open_ones: list[Element]) -> None:
        self._at += 2
        name = self._name()
        self._blanks()
        if not self._text.startswith(">", self._at):
            raise self._wrong(f"</{name} is not closed")
        self._at += 1
        if len(open_ones) == 1 or open_ones[-1].name != name:
            raise self._wrong(
                f"</{name}> closes nothing that is open"
                + (f", but {open_ones[-1].name} is" if len(open_ones) > 1 else "")
            )
        open_ones.pop()

    def _expression_end(self, at: int) -> int | None:
        """Behind the bracket that closes the expression which begins here; None where none does."""
        if not self._text.startswith(("@(", "@{"), at):
            return None
        waiting = [_CLOSES[self._text[at + 1]]]
        begin, end_at = at, min(at + LONGEST_EXPRESSION, len(self._text))
        at += 2
        while at < end_at:
            letter = self._text[at]
            if (end := literal_end(self._text, at)) is not None:
                at = end
                continue
            if letter in _CLOSES:
                waiting.append(_CLOSES[letter])
            elif letter == waiting[-1]:
                waiting.pop()
                if not waiting:
                    return at + 1
            at += 1
        self._unclosed += 1
        if self._unclosed > MOST_UNCLOSED:
            raise self._wrong("too many expressions have no end", begin)
        return None
