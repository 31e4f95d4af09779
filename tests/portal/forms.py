"""The forms of a page as a browser would send them: hidden fields, what is filled in, and the button that is pressed."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """`fields` are sent whatever is pressed; `buttons` are the (name, value) of which one may be."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    def __init__(self, here: str) -> None:
        super().__init__()
        self.here, self.forms = here, list[Form]()
        self.open: Form | None = None
        self.select = self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        if tag == "form" and got.get("method") == "post":
            self.open = Form((got.get("action") or self.here).partition("#")[0])
            self.forms.append(self.open)
        elif self.open is not None and (name := got.get("name") or self.select):
            self._field(tag, name, got)

    def _field(self, tag: str, name: str, got: dict[str, str]) -> None:
        assert self.open is not None
        if tag == "button":
            self.open.buttons.append((name, got.get("value", "")))
        elif tag == "select":
            self.select = name
        elif tag == "textarea":
            self.area, self.open.fields[name] = name, ""
        elif tag == "option" and ("selected" in got or name not in self.open.fields):
            self.open.fields[name] = got.get("value", "")
        elif tag == "input":
            ticked = got.get("type") not in {"checkbox", "radio"} or "checked" in got
            if ticked and got.get("type") != "file":
                self.open.fields[name] = got.get("value", "")
        self.open.names.add(name)

    def handle_data(self, data: str) -> None:
        if self.open is not None and self.area:
            self.open.fields[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""


def forms_of(page: str, here: str) -> list[Form]:
    """`here` is the path of the page, to which a form without an action is sent."""
    reader = _Reader(here)
    reader.feed(page)
    return reader.forms


def fill(page: str, here: str, action: str, values: dict[str, str]) -> dict[str, str]:
    """What the form that is sent to `action`, and has all of `values` among its fields and buttons, sends with them."""
    forms = [form for form in forms_of(page, here) if form.action == action]
    for form in forms:
        pressed = {(name, value) for name, value in values.items() if name in dict(form.buttons)}
        hidden = all(form.fields.get(name, value) == value for name, value in values.items() if name == "do")
        if set(values) <= form.names and pressed <= set(form.buttons) and hidden:
            return form.fields | values
    raise AssertionError(f"{here} has no form for {action} with {sorted(values)}, only {forms}")
