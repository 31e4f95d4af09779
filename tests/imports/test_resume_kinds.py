"""Every kind of import goes on where it was killed, and writes then what an undisturbed run writes, row by row, and the same report."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from hoistway.cli import cli
from hoistway.imports import carrying
from hoistway.imports.sources import fingerprint, sources_of
from hoistway.store.imports import Import, add_import
from hoistway.store.migrate import migrate
from tests.cli.running import RUNNER, point_at, run
from tests.cli.stopping import end_before
from tests.engines import EngineName, drop_database, fresh_database
from tests.imports.digests import ARGON2, WEAK, argon2_credential, credential, pbkdf2
from tests.imports.graph import mapping
from tests.imports.realm import client, realm, service, text, user, written
from tests.imports.test_resume import BEGUN, ID, Fault, Killed, place, rows
from tests.server import change

PEOPLE = (
    "people: {customer: {attribute: number}, make_customers: true, technical: {attribute: kind, values: [technical]}}\n"
)
KEYCLOAK = "people: {customer: {attribute: number}, make_customers: true}\n"


def csv(folder: Path, number: int) -> Path:
    """Some of them wrong, some again, some with a weak digest."""
    lines = ["username,name,password_digest,number,kind\n"]
    for one in range(number):
        digest = (WEAK if number < 1000 else "", ARGON2, "")[one % 3] if one % 13 else "none"
        kind = "technical" if one % 11 == 0 else ""
        lines.append(f'p{one if one % 17 else one - 1}@example.com,Person {one},"{digest}",n{one % 5},{kind}\n')
    folder.mkdir()
    (folder / "people.csv").write_text("".join(lines), encoding="utf-8")
    return folder


def keycloak(folder: Path, number: int) -> Path:
    """In two files, with clients behind them."""
    kinds = (
        credential("pbkdf2-sha256", 1000, pbkdf2("sha256", 1000, 32)) if number < 1000 else argon2_credential(),
        argon2_credential(),
    )
    people = [
        user(
            one if one % 17 else one - 1, kinds[one % 2], username="" if one % 13 == 0 else f"p{one}", attributes={"number": [f"n{one % 5}"]},
            requiredActions=["UPDATE_PASSWORD"] if one % 7 == 0 else [],
        )
        for one in range(number)
    ]  # fmt: skip
    clients = [client(f"app-{one}", f"https://a{one}.example/cb", "*") for one in range(15)]
    daemon = client("daemon", serviceAccountsEnabled=True, standardFlowEnabled=False)
    half = [*people[: number // 2], service("daemon", attributes={"number": ["n1"]})]
    return written(
        folder, contoso_realm=text(realm(half, [*clients, daemon])),
        contoso_users_0=text({"realm": "contoso", "users": people[number // 2 :]}),
    )  # fmt: skip


KINDS: Mapping[str, tuple[Callable[[Path, int], Path], str]] = {"csv": (csv, PEOPLE), "keycloak": (keycloak, KEYCLOAK)}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def begun(url: str, kind: str, files: Path, map_file: str) -> None:
    known = fingerprint(kind, sources_of([files]), Path(map_file).read_bytes())
    change(url, lambda tx: add_import(tx, Import(ID, kind, known, "running", 0, 0, {}, BEGUN)))


def test_it_goes_on_wherever_it_ended(
    kind: str, engine_name: EngineName, migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, text = KINDS[kind]
    files, map_file = make(tmp_path / "export", 90), mapping(tmp_path, text)
    other = fresh_database(engine_name, migrate)
    for url in (migrated_url, other):
        begun(url, kind, files, map_file)
    words = ["import", kind, str(files), "--mapping", map_file, "--json", "--report"]
    point_at(monkeypatch, other, "http://localhost")
    run(*words, str(tmp_path / "undisturbed.ndjson"), code=1)
    point_at(monkeypatch, migrated_url, "http://localhost")
    monkeypatch.setattr(carrying, "BATCH", 10)
    fault, report = Fault(monkeypatch), tmp_path / "report.ndjson"
    for step in ("fill_tables", "report", "move_import"):
        fault.step, fault.left = step, 1
        with pytest.raises(Killed):
            RUNNER.invoke(cli, [*words, str(report)], catch_exceptions=False)
    fault.step = ""
    run(*words, str(report), code=1)
    assert rows(migrated_url) == rows(other)
    assert report.read_bytes() == (tmp_path / "undisturbed.ndjson").read_bytes()
    drop_database(other)


def test_sigkill(
    kind: str, engine_name: EngineName, migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real program, ended by the kernel, before the first batch is there and behind it."""
    make, text = KINDS[kind]
    files, map_file = make(tmp_path / "export", 2500), mapping(tmp_path, text)
    other = fresh_database(engine_name, migrate)
    for url in (migrated_url, other):
        begun(url, kind, files, map_file)
    words = ("import", kind, str(files), "--mapping", map_file, "--json")
    point_at(monkeypatch, other, "http://localhost")
    run(*words, code=1)
    point_at(monkeypatch, migrated_url, "http://localhost")
    for skip in (0, 1):
        step = "hoistway.imports.carrying:fill_tables"
        assert end_before(step, signal.SIGKILL, *words, skip=skip) == -signal.SIGKILL
    assert place(migrated_url) == (carrying.SQLITE_BATCH if engine_name == "sqlite" else carrying.BATCH)
    done = subprocess.run(
        [sys.executable, "-m", "hoistway", *words, "--resume"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert rows(migrated_url) == rows(other)
    drop_database(other)
