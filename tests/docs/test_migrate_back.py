"""The commands of docs/migrate/back.md run as they stand there, and each kind of change in its table is one that they list."""

import json
import re
from pathlib import Path

import pytest

from hoistway.imports.back import Line
from hoistway.imports.back_rules import RULES
from tests.cli.running import answer, point_at
from tests.docs.test_migrate import shell
from tests.store.test_schema import on
from tests.world import TENANT_NAME, make_world

TEXT = (Path(__file__).parent.parent.parent / "docs" / "migrate" / "back.md").read_text(encoding="utf-8")
(COMMANDS,) = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_the_commands_of_the_way_back(migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on(migrated_url, make_world)
    point_at(monkeypatch, migrated_url, "http://localhost")
    answer("service-account", "reset-password", "daemon-a")
    said = shell(COMMANDS, tmp_path, TENANT=TENANT_NAME, CLIENT="daemon")
    assert said.count("service_account.password_reset") == 2, "in all, and of the application that uses it"
    (line,) = (tmp_path / "changes.ndjson").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["do"].startswith("reset the password there")


def test_every_member_of_a_line_is_described() -> None:
    for member in Line.__struct_fields__:
        assert f"`{member}`" in TEXT


def test_the_table_has_a_row_for_each_kind_of_rule() -> None:
    for word in {event.partition(".")[2].rpartition("_")[2] for event in RULES} & {"erased", "disabled", "enabled"}:
        assert word in TEXT
