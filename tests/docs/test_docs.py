"""The documents name files, settings and error numbers that exist, and leave none out."""

import inspect
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hoistway.grants.base import resting
from hoistway.settings import RENAMED, Environment
from hoistway.store.connections import IDLE, MOST_WAITING, WAIT
from hoistway.store.open import open_database

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
DOCUMENTS = [*ROOT.glob("*.md"), *sorted(DOCS.rglob("*.md"))]
B2C_NUMBER = re.compile(r'b2c(?:: str)? ?= ?"(\d{5})"|else "(9\d{4})"')


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def named_files(text: str) -> set[str]:
    """What stands between backticks and looks like a path with an ending."""
    return set(re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md))`", text))


@pytest.mark.parametrize(
    ("document", "folder", "most"),
    [
        ("tour.md", "", 40),
        ("tour-code.md", "", 10),
        ("tour-client-credentials.md", "", 6),
        ("specs.md", "src/hoistway", 20),
    ],
)
def test_files_exist(document: str, folder: str, most: int) -> None:
    files = {file for file in named_files(read(document)) if "/" in file}
    assert len(files) >= most
    assert sorted(file for file in files if not (ROOT / folder / file).is_file()) == []


def test_tour_passes_the_places_that_matter() -> None:
    places = (
        "server/app.py", "routes.py", "endpoints/token.py", "grants/password.py", "tokens/issue.py", "api/guard.py",
        "store/unit_access.py",
    )  # fmt: skip
    text = read("tour.md")
    order = [text.index(f"`src/hoistway/{place}`") for place in places]
    assert order == sorted(order)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


def anchors_of(document: Path) -> set[str]:
    """As GitHub makes them from headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_a_heading(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", document.read_text(encoding="utf-8"))
    assert [
        (file, name) for file, name in links if name not in anchors_of((document.parent / file) if file else document)
    ] == []


def test_a_brown_out_answers_as_documented() -> None:
    end = int(datetime(2027, 1, 30, 14, tzinfo=UTC).timestamp())
    assert f"`{resting('The password grant', end)}`" in read("operating.md")


def test_documents_that_code_mentions_exist() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")]
    mentioned = {name for text in sources for name in re.findall(r"docs/[\w/-]+\.md", text)}
    assert "docs/operating.md" in mentioned
    assert sorted(name for name in mentioned if not (ROOT / name).is_file()) == []


def test_every_setting_is_documented_and_no_other() -> None:
    expected = {f"HOISTWAY_{name.upper()}" for name in Environment.__struct_fields__}
    documented = re.findall(r"^\| `(HOISTWAY_\w+)` \| (?!`HOISTWAY_)", read("operating.md"), re.MULTILINE)
    assert set(documented) ^ expected == set(), "docs/operating.md has a row for each setting"
    assert len(documented) == len(expected)


def test_a_setting_that_is_a_time_names_its_unit() -> None:
    rows = re.findall(r"^\| `HOISTWAY_(\w+)` \| (Days|Seconds|Minutes|Hours)?", read("operating.md"), re.MULTILINE)
    told = {name: unit.upper() for name, unit in rows if unit}
    assert len(told) > 4
    assert [name for name, unit in told.items() if not name.endswith(f"_{unit}")] == []
    ends = tuple(f"_{unit}" for unit in ("DAYS", "SECONDS", "MINUTES", "HOURS"))
    assert [
        name for name, _ in rows if name.endswith(ends) and name not in told and f"HOISTWAY_{name}" not in RENAMED
    ] == []


def test_every_old_name_is_documented_with_its_new_one() -> None:
    documented = re.findall(r"^\| `(HOISTWAY_\w+)` \| `(HOISTWAY_\w+)` \|$", read("operating.md"), re.MULTILINE)
    assert dict(documented) == RENAMED


def test_the_connections_to_postgresql_are_as_documented() -> None:
    text = " ".join(read("operating.md").split())
    found = re.search(
        r"where none is free, (\d+) at the most.*?lay for (\d+) s.*?up to ([\d,]+) callers wait, each (\d+) s", text
    )
    assert found
    most = inspect.signature(open_database).parameters["connections"].default
    assert [int(one.replace(",", "")) for one in found.groups()] == [most, IDLE, MOST_WAITING, WAIT]


def test_every_b2c_number_is_documented() -> None:
    numbers: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        for found in B2C_NUMBER.findall(path.read_text(encoding="utf-8")):
            numbers.update(number for number in found if number)
    table = re.findall(r"^\| ([\d, ]+) \|", read("migrating.md"), re.MULTILINE)
    documented = {number for row in table for number in re.findall(r"\d{5}", row)}
    assert len(numbers) > 20
    assert sorted(numbers - documented) == []
    assert sorted(documented - numbers) == []
