"""What docs/migrate/replay.md shows runs as it stands, with its placeholders filled in."""

import json
import re
import shlex
from pathlib import Path

import pytest

from hoistway.replay.recorded import MADE
from hoistway.replay.settings import EXAMPLE, Plan
from tests.cli.running import run
from tests.engines import drop_database, fresh_database
from tests.server import populate, serving
from tests.world import API_URI, PASSWORD, TENANT_NAME

TEXT = (Path(__file__).parent.parent.parent / "docs" / "migrate" / "replay.md").read_text(encoding="utf-8")
FILLED = {"TENANT": TENANT_NAME, "ACCOUNT": "daemon-a", "CLIENT": "ropc", "API_URI": API_URI}


def block(kind: str) -> str:
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    return re.sub("|".join(FILLED), lambda word: FILLED[word[0]], str(found))


def test_the_day_of_a_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAEMON_PASSWORD", PASSWORD)
    Path("day.ndjson").write_text(block("json"))
    Path("replay.yaml").write_text(block("yaml"))
    database = fresh_database("sqlite", populate)
    with serving(database) as served:
        text = block("sh").replace("https://OLD", served.url).replace("https://NEW", served.url)
        said = [run(*shlex.split(line)[1:]).output for line in text.splitlines()]
    drop_database(database)
    assert json.loads(said[-1]) == {"sent": 5, "same": 5, "differ": 0, "left_out": [], "groups": []}


def test_it_names_every_member_of_the_settings() -> None:
    for name in Plan.__struct_fields__:
        assert f"`{name}`" in TEXT or name == "secrets"
        assert re.search(rf"^{name}:", EXAMPLE, re.MULTILINE)
    for member in MADE:
        assert f"`{member}`" in TEXT
