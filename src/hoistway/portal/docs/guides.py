"""The guides: Markdown files, one in each language, read and rendered once in each process."""

from functools import cache
from pathlib import Path
from typing import Final

from msgspec import Struct

from hoistway.portal.docs.markdown import Document, read_markdown
from hoistway.web.words import Lang

FOLDER: Final = Path(__file__).parent.parent / "guides"
NAMES: Final = (
    "getting-started",
    "daemon",
    "authentication",
    "tokens",
    "refresh",
    "sign-out",
    "errors",
    "moving-away",
    "limits",
    "company-sign-in",
    "directory",
    "administering",
    "your-account",
    "changelog",
)
"""In the order of the tree."""


class Guide(Struct, frozen=True):
    """`samples` names calls of samples.py that are shown beside the text; `markdown` is the text without its head."""

    name: str
    lang: Lang
    title: str
    summary: str
    samples: tuple[str, ...]
    markdown: str
    document: Document

    @property
    def href(self) -> str:
        return f"/portal/guides/{self.name}"


def _read(name: str, lang: Lang) -> Guide:
    """A file begins with `title: …`, `summary: …` and, if there are any, `samples: …`, up to a line of three dashes."""
    head, _, text = (FOLDER / lang / f"{name}.md").read_text(encoding="utf-8").partition("\n---\n")
    said = dict(line.split(": ", 1) for line in head.splitlines())
    samples = tuple(said.get("samples", "").split())
    return Guide(
        name, lang, said["title"], said["summary"], samples, text.lstrip(), read_markdown(text, said["title"], lang)
    )


@cache
def guides(lang: Lang) -> dict[str, Guide]:
    """All of them, by name."""
    return {name: _read(name, lang) for name in NAMES}
