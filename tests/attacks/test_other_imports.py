"""Row 68: lists and realms that were cut, made up or made costly: nothing is half-imported, no secret of theirs is told, no digest is costly."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.attacks.overtaken import everything
from tests.cli.running import point_at, run
from tests.imports.digests import SALT, argon2_credential, credential
from tests.imports.digests import text as base64_of
from tests.imports.graph import mapping
from tests.imports.realm import MAPPING, SECRET, client, realm, text, user
from tests.imports.test_csv import FILES
from tests.imports.test_keycloak import BROKEN
from tests.store.test_schema import on
from tests.world import make_world

KINDS: Mapping[str, tuple[str, Mapping[str, tuple[bytes, str]]]] = {
    "csv": ("people.csv", FILES),
    "keycloak": ("contoso-realm.json", BROKEN),
}


@pytest.fixture
def world(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    on(migrated_url, make_world)
    point_at(monkeypatch, migrated_url, "http://localhost")
    return migrated_url


@pytest.mark.parametrize("kind", KINDS)
def test_another_file_that_is_not_whole_imports_nothing(world: str, tmp_path: Path, kind: str) -> None:
    """Row 68: whatever stands in the whole file beside it."""
    name, broken = KINDS[kind]
    whole = b"username\nwhole\n" if kind == "csv" else text(realm([user("whole")]))
    (tmp_path / f"first-{name}").write_bytes(whole)
    before = on(world, everything)
    for what, (data, because) in broken.items():
        (tmp_path / name).write_bytes(data)
        files = [str(tmp_path / f"first-{name}"), str(tmp_path / name)]
        told = run("import", kind, *files, code=4).stderr
        assert because in told, what
        assert "nothing was imported: " in told, what
        assert "Traceback" not in told, what
        assert on(world, everything) == before, what


def test_no_secret_of_an_export_is_told(world: str, tmp_path: Path) -> None:
    """Row 68: neither by the command, nor in the report or the audit trail; a secret is kept as a digest."""
    weak = "a-secret-to-guess"
    records = [
        user("a"),
        user("b", {**credential(), "credentialData": "{"}),
        user("c", {"type": "password", "value": weak}),
    ]
    apps = [client("kept", "https://kept.example/cb"), client("guessed", "https://kept.example/cb", secret=weak)]
    (tmp_path / "realm.json").write_bytes(text(realm(records, apps)))
    report = tmp_path / "report.ndjson"
    words = (
        "import",
        "keycloak",
        str(tmp_path / "realm.json"),
        "--mapping",
        mapping(tmp_path, MAPPING),
        "--report",
        str(report),
    )
    done = run(*words, "--json")
    value = json.loads(credential()["secretData"])["value"]
    rows: Mapping[str, object] = on(world, everything)
    for secret in (SECRET, weak, base64_of(SALT), value):
        assert secret not in done.stdout + done.stderr + report.read_text(encoding="utf-8")
        assert secret not in str(rows["audit"])
    assert SECRET not in str(rows)
    assert weak not in str(rows)


def test_a_digest_of_an_export_costs_no_more_than_it_may(world: str, tmp_path: Path) -> None:
    """Row 68: bounds are kept before anybody signs in, in both kinds of file, and for every number of theirs."""
    endless = [
        credential("pbkdf2-sha512", 10**9, bytes(64)), credential("pbkdf2-sha512", 10**40, bytes(64)),
        credential("pbkdf2-sha512", 2_000_000, bytes(640)), credential("pbkdf2-sha512", -1, bytes(64)),
        *({**argon2_credential(), "credentialData": argon2_credential()["credentialData"].replace(*pair)}
          for pair in (("7168", "8388608"), ("Iterations\": 5", "Iterations\": 5000000"), ('parallelism": ["1"]', 'parallelism": ["9999"]'))),
    ]  # fmt: skip
    (tmp_path / "realm.json").write_bytes(
        text(realm([user(f"costly-{one}", each) for one, each in enumerate(endless)]))
    )
    said = json.loads(run("import", "keycloak", str(tmp_path / "realm.json"), "--json").stdout)
    assert (said["people"], said["told"]) == (len(endless), len(endless))
    rows = "\n".join(
        f'listed-{one},"{json.dumps(each).replace(chr(34), chr(34) * 2)}"' for one, each in enumerate(endless)
    )
    (tmp_path / "people.csv").write_text(f"username,password_digest\n{rows}\n", encoding="utf-8")
    said = json.loads(run("import", "csv", str(tmp_path / "people.csv"), "--json", code=4).stdout)
    assert said["left_out"] == len(endless)
