"""What docs/migrate/shadow.md shows runs as it stands, with its placeholders filled in."""

import re
import shlex
import signal
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from hoistway.shadow.compared import Counts
from hoistway.shadow.settings import EXAMPLE, Rules, read_rules
from tests.engines import drop_database, fresh_database
from tests.flows.receiver import until
from tests.server import populate, serving
from tests.shadow.test_shadow import FORM, TOKEN, issuer_of, shadow
from tests.world import TENANT_NAME

TEXT = (Path(__file__).parent.parent.parent / "docs" / "migrate" / "shadow.md").read_text(encoding="utf-8")
FILLED = {"CLIENT": "ropc", "TENANT": TENANT_NAME}


def block(kind: str) -> str:
    (found,) = re.findall(rf"^ *```{kind}\n(.*?)^ *```", TEXT, re.MULTILINE | re.DOTALL)
    return re.sub("|".join(FILLED), lambda word: FILLED[word[0]], str(found))


def test_its_command_and_its_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.yaml").write_text("switched: {}\n")
    words = shlex.split(block("sh").replace("--share 10", "--share 100"))
    kept = words[words.index("--answers") : words.index("--port")] + words[words.index("--with") :]
    database = fresh_database("sqlite", populate)
    with serving(database) as old, serving(database) as new, shadow(old.url, new.url, *kept) as one:
        assert issuer_of(one.ask(TOKEN, FORM)[1]).startswith(old.url)
        Path("rules.yaml").write_text(re.sub(r"^   ", "", block("yaml"), flags=re.MULTILINE))
        one.process.send_signal(signal.SIGHUP)
        until(lambda: issuer_of(one.ask(TOKEN, FORM)[1]).startswith(new.url))
        found = one.end(0)
    drop_database(database)
    assert found["differ"] == 0


def test_it_names_every_member_and_every_count() -> None:
    for name in Rules.__struct_fields__:
        assert f"`{name}`" in TEXT
        assert re.search(rf"^{name}:", EXAMPLE, re.MULTILINE)
    for name in ("compared", "same", "differ", "left_out"):
        assert name in Counts.__struct_fields__
        assert f"`{name}`" in TEXT
    assert read_rules(YAML(typ="safe").load(EXAMPLE)).ignore
