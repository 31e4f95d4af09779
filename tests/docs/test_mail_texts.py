"""What docs/operating.md says of one's own words in mails is run; and nothing tells a running service its settings by a shell."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.running import run

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def test_the_files_that_the_commands_make_are_taken(tmp_path: Path) -> None:
    found = re.search(r"\*\*Your own words\.\*\*.*?```sh\n(.*?)```", OPERATING, re.DOTALL)
    assert found
    made, *commands = found[1].replace("/etc/hoistway/mail", str(tmp_path)).splitlines()
    assert made == f"mkdir -p {tmp_path}"
    for line in commands:
        command, _sign, file = line.partition(" > ")
        said = run(*shlex.split(command)[1:]).stdout
        if file:
            Path(file).write_text(said, encoding="utf-8")
    assert {file.name for file in tmp_path.iterdir()} == {"en.toml", "de.toml"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_reload_is_told_its_settings_by_the_service_s_own_file(document: Path) -> None:
    """A variable before the command is one of the shell: the service reads /etc/hoistway/environment."""
    assert re.findall(r"HOISTWAY_[A-Z_]+=\S* hoistway reload.*", document.read_text(encoding="utf-8")) == []
