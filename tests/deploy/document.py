"""docs/production.md in parts: its blocks of commands by the heading above them."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
DOCUMENT = ROOT / "docs" / "production.md"


def _parts(text: str) -> Iterator[tuple[str, str, str]]:
    """Heading without its number, language, block."""
    heading, language, block = "", None, ""
    for line in text.splitlines():
        if language is None and line.startswith("#"):
            heading = line.lstrip("# ").partition(". ")[2] or line.lstrip("# ")
        elif line.startswith("```") and language is None:
            language, block = line[3:], ""
        elif line == "```" and language is not None:
            yield heading, language, block
            language = None
        elif language is not None:
            block += line + "\n"


def read_steps(language: str = "sh") -> dict[str, list[str]]:
    steps: dict[str, list[str]] = {}
    for heading, spoken, block in _parts(DOCUMENT.read_text(encoding="utf-8")):
        if spoken == language:
            steps.setdefault(heading, []).append(block)
    return steps


STEPS = read_steps()


def placed(text: str, places: dict[str, str]) -> str:
    """With the places of the document replaced by those of a test, in their order."""
    for documented, here in places.items():
        text = text.replace(documented, here)
    return text
