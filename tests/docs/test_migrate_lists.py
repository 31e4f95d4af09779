"""The commands of docs/migrate/csv.md and keycloak.md run as they stand there, with the files that these show or describe."""

import re
from pathlib import Path

import pytest

from hoistway.imports.keycloak_looking import HOW
from tests.cli.running import answer, point_at
from tests.docs.test_migrate import shell
from tests.imports.realm import client, kid, realm, text, user, written
from tests.store.test_schema import on
from tests.world import make_world

FOLDER = Path(__file__).parent.parent.parent / "docs" / "migrate"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(name: str, language: str = "sh") -> list[str]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return [found[2] for found in BLOCK.finditer(text) if found[1] == language]


def test_the_commands_of_the_page_about_lists(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(migrated_url, make_world)
    point_at(monkeypatch, migrated_url, "http://localhost")
    [shown] = blocks("csv.md", "csv")
    text = shown.replace("c-contoso", "c-a").replace("s-1;s-2", "c-a-s1")
    (tmp_path / "people.csv").write_text(text, encoding="utf-8")
    example, commands = blocks("csv.md")
    shell(example, tmp_path)
    # The file has our names, so nothing of the example is needed.
    (tmp_path / "mapping.yaml").write_text("people: {without_customer: leave_out}\n", encoding="utf-8")
    tried, done = commands.splitlines()
    assert "people: 2" in shell(tried, tmp_path)
    assert "people: 2" in shell(done, tmp_path)
    assert (tmp_path / "left-out.ndjson").read_bytes() == b""
    assert answer("user", "show", "berta")["name"] == "Berg, Berta"


def test_the_commands_of_the_page_about_keycloak(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(migrated_url, make_world)
    point_at(monkeypatch, migrated_url, "http://localhost")
    [export] = blocks("keycloak.md", "console")
    assert export.strip() == HOW
    said = realm(
        [user("documented", groups=["/customers/contoso"])], [client("documented-app", "https://doc.example/cb")]
    )
    written(tmp_path / "export", contoso_realm=text(said))
    example, commands = blocks("keycloak.md")
    shell(example, tmp_path)
    file = tmp_path / "mapping.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("c-contoso", "c-a"), encoding="utf-8")
    tried, done = commands.splitlines()
    assert "people: 1" in shell(tried, tmp_path)
    assert "people: 1" in shell(done, tmp_path)
    assert (tmp_path / "left-out.ndjson").read_bytes() == b""
    assert answer("user", "show", kid("documented"))["username"] == "documented@example.com"
    assert answer("app", "show", "documented-app")["type"] == "web"
