"""Forms as a browser would send them, of every page that a link leads to; and what a database holds, but for what use leaves."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser

from sqlalchemy import select

from hoistway.store.db import Database, Statement
from hoistway.store.tables import TABLES
from tests.portal.links import kind, links
from tests.portal.pictures import PNG
from tests.portal.signing_in import Visitor
from tests.store.test_schema import on

OF_USE = {
    "throttle", "usage_hours", "usage_days", "usage_losses", "usage_writers", "limit_counts", "recent_requests", "jobs",
    "client_uses", "actor_uses", "legacy_uses", "flow_uses", "kept_forms", "used_forms", "outbox",
}  # fmt: skip


@dataclass
class Form:
    """`page` is the address that shows it, `action` the one to which it goes."""

    page: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    uploads: bool = False

    @property
    def name(self) -> str:
        """Forms of a kind have one."""
        act = self.fields.get("do") or self.fields.get("decision") or ""
        return f"{kind(self.action).split(' ')[0]} {act}".strip()

    def send(self, one: Visitor, **changes: str) -> "tuple[int, str]":
        """(status, where it leads)"""
        files = {"logo": ("l.png", PNG, "image/png")} if self.uploads else None
        reply = one.http.post(self.action, data={**self.fields, **changes}, files=files)
        return reply.status_code, reply.headers.get("location", "")


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.area, self.choice = page, "", ""
        self.forms: list[Form] = []
        self.now: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form" and has.get("method") == "post":
            uploads = has.get("enctype") == "multipart/form-data"
            self.now = Form(self.page, (has.get("action") or self.page).partition("#")[0], uploads=uploads)
            self.forms.append(self.now)
        if self.now is None:
            return
        name, fields = has.get("name", ""), self.now.fields
        if tag == "input" and name and has.get("type") != "file":
            if has.get("type") not in {"radio", "checkbox"} or "checked" in has:
                fields.setdefault(name, has.get("value", ""))
        elif tag == "button" and name:
            fields.setdefault(name, has.get("value", ""))
        elif tag in {"textarea", "select"}:
            self.area = name if tag == "textarea" else ""
            self.choice = name if tag == "select" else ""
            if self.area:
                fields.setdefault(name, "")
        elif tag == "option" and self.choice and ("selected" in has or self.choice not in fields):
            fields[self.choice] = has.get("value", "")

    def handle_data(self, data: str) -> None:
        if self.area and self.now is not None:
            self.now.fields[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.now = None
        if tag == "textarea":
            self.area = ""


def forms_of(page: str, at: str) -> list[Form]:
    reader = _Reader(at)
    reader.feed(page)
    return reader.forms


def walk_forms(one: Visitor, root: str, of_a_kind: int = 2) -> Iterator[Form]:
    """Of every page below the root, a few of a kind; those of the frame once each page."""
    waiting, seen, kinds = [root], {root}, Counter([kind(root)])
    while waiting:
        address = waiting.pop()
        reply = one.http.get(address)
        if reply.status_code != 200:
            continue
        yield from forms_of(reply.text, address)
        for link in links(reply.text):
            if link.startswith(root) and link not in seen and kinds[kind(link)] < of_a_kind:
                seen.add(link)
                kinds[kind(link)] += 1
                waiting.append(link)


def held(database: str) -> dict[str, list[str]]:
    """Every row of every table that says who has, may or did what."""

    async def work(db: Database) -> dict[str, list[str]]:
        return {
            table.name: sorted(map(repr, await db.all(Statement(partial(select, table), lambda *row: row), {})))
            for table in TABLES
            if table.name not in OF_USE
        }

    return on(database, work)
