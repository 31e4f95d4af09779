"""docs/people.md says what a copy of a person's data holds: each member, no more and no less."""

import re
from pathlib import Path

from hoistway.accounts.erasing import SETTLED
from hoistway.accounts.exporting import VERSION
from hoistway.store.personal_export import MEMBERS, MOST

TEXT = (Path(__file__).parent.parent.parent / "docs" / "people.md").read_text(encoding="utf-8")


def test_every_member_of_a_copy_is_documented_and_no_other() -> None:
    table = TEXT.partition("| Member |")[2].partition("\n\n")[0]
    said = [name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.split(" | ")[0])]
    assert sorted(said) == sorted(["version", "made_at", "audit", *(member.name for member in MEMBERS)])
    assert f"| {VERSION};" in table
    assert f"newest {MOST:,} from pages" in table


def test_how_long_to_wait_is_documented() -> None:
    assert SETTLED == 5
    assert "Five seconds later no process remembers it" in TEXT
