"""docs/faults.md names tests that exist, and each of its lines once."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (S?\d+[a-c]?) \| (.+) \| (.+) \|$", TEXT, re.MULTILINE)
OPEN = re.findall(r"S?\d+[a-c]?", (re.search(r"^Not mended yet: (.+)\.$", TEXT, re.MULTILINE) or ("", ""))[1])
ALL = {f"S{number}" for number in range(1, 25)} | {str(number) for number in range(1, 88)}
ALL |= {"9a", "9b", "9c", "29a", "29b", "29c"}


def test_every_line_is_there_once() -> None:
    named = [number for number, _, _ in ROWS] + OPEN
    assert sorted(named) == sorted(set(named))
    assert set(named) == ALL


def test_the_tests_exist() -> None:
    missing = []
    for number, _, tests in ROWS:
        files = re.findall(r"`([\w/]+\.py)`: ((?:`\w+`(?:, )?)+)", tests)
        if not files:
            missing.append(f"{number}: no test")
        for file, names in files:
            path = ROOT / "tests" / file
            source = path.read_text(encoding="utf-8") if path.is_file() else ""
            missing += [
                f"{number}: {file}: {name}" for name in re.findall(r"`(\w+)`", names) if f"def {name}(" not in source
            ]
    assert missing == []
