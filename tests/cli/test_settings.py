"""What a command says where a setting is missing or wrong: the cause and the fix, and nothing is made or sealed by mistake."""

import json
import os
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hoistway import __version__
from hoistway.cli import in_front
from hoistway.on_disk import running_as
from hoistway.settings import warn_of_variables
from hoistway.store.migrate import migrate
from hoistway.store.sqlite_file import connect, keep_from_others
from tests.cli.running import answer, point_at, run


def hoistway(*words: str, cwd: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    """The program itself, in an environment that says nothing else."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("HOISTWAY_")} | environ
    command = [sys.executable, "-m", "hoistway", *words]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_a_mistyped_master_key_file_seals_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database, missing = tmp_path / "hoistway.db", tmp_path / "mastre.key"
    monkeypatch.setenv("HOISTWAY_DATABASE", f"sqlite:///{database}")
    monkeypatch.delenv("HOISTWAY_MASTER_KEY", raising=False)
    monkeypatch.setenv("HOISTWAY_MASTER_KEY_FILE", str(missing))
    for words in (("init",), ("keys", "list"), ("keys", "rotate"), ("customer", "list")):
        said = run(*words, code=2).output
        assert f"there is no file {missing}" in said
        assert f"hoistway master-key make {missing}" in said
    assert not missing.exists()
    assert not database.exists()


def test_making_a_key_is_a_command_that_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "keys" / "master.key"
    assert answer("master-key", "make", str(key)) == {"master_key_file": str(key)}
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_text()
    assert "stays as it is" in run("master-key", "make", str(key), code=1).output
    assert key.read_text() == before
    point_at(monkeypatch, f"sqlite:///{tmp_path}/hoistway.db")
    monkeypatch.delenv("HOISTWAY_MASTER_KEY")
    monkeypatch.setenv("HOISTWAY_MASTER_KEY_FILE", str(key))
    assert answer("init")["ready"] is True


@pytest.mark.parametrize("content", ["", "short", "é" * 43])
def test_a_master_key_that_is_none_is_told_with_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    key = tmp_path / "master.key"
    key.write_text(content)
    monkeypatch.setenv("HOISTWAY_DATABASE", f"sqlite:///{tmp_path}/hoistway.db")
    monkeypatch.delenv("HOISTWAY_MASTER_KEY", raising=False)
    monkeypatch.setenv("HOISTWAY_MASTER_KEY_FILE", str(key))
    said = run("init", code=2).output
    assert f"HOISTWAY_MASTER_KEY_FILE: {key}: the master key must be 32 bytes in base64url" in said


def denied(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_a_key_file_of_another_user_is_told_with_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading it as the service, and making it in a folder that belongs to somebody else."""
    key = tmp_path / "etc" / "master.key"
    point_at(monkeypatch, f"sqlite:///{tmp_path}/hoistway.db")
    monkeypatch.delenv("HOISTWAY_MASTER_KEY")
    monkeypatch.setenv("HOISTWAY_MASTER_KEY_FILE", str(key))
    fix = f"as root, `install -d -o USER -m 700 {key.parent}`, and `chown USER {key}`"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", denied)
        said = run("init", code=2).output
    assert f"{key} can't be read: Permission denied for the user {running_as()}" in said
    assert fix in said
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", denied)
        said = run("master-key", "make", str(key), code=1).output
    assert f"{key} can't be written: Permission denied for the user {running_as()}" in said
    assert fix in said


def test_unknown_variables_are_named_with_what_was_meant() -> None:
    said = {"HOISTWAY_BASEURL": "x", "HOISTWAY_NOISE": "1", "HOISTWAY_BRAND": "y", "PATH": "z"}
    # As Kubernetes sets them for a service of that name.
    said |= {
        "HOISTWAY_PORT": "tcp://10.0.0.1:80",
        "HOISTWAY_SERVICE_HOST": "10.0.0.1",
        "HOISTWAY_PORT_80_TCP_ADDR": "a",
    }
    assert warn_of_variables(said) == [
        "HOISTWAY_BASEURL is no setting: did you mean HOISTWAY_BASE_URL?",
        "HOISTWAY_NOISE is no setting: docs/operating.md lists those that are",
    ]


def test_an_old_name_is_warned_of_by_commands_and_at_the_start(tmp_path: Path) -> None:
    key = tmp_path / "master.key"
    assert hoistway("master-key", "make", str(key), cwd=tmp_path).returncode == 0
    settings = {"HOISTWAY_DATABASE": f"sqlite:///{tmp_path}/hoistway.db", "HOISTWAY_MASTER_KEY_FILE": str(key)}
    warning = "hoistway: warning: HOISTWAY_KEEP_HOURS is named HOISTWAY_KEEP_HOURLY_USE_DAYS now: rename it"
    done = hoistway("init", cwd=tmp_path, HOISTWAY_KEEP_HOURS="40", **settings)
    assert done.returncode == 0, done.stderr
    assert warning in done.stderr
    # The certificate is not there, so the server ends behind its warnings.
    words = ("serve", "--tls-cert", "cert.pem", "--tls-key", "key.pem")
    address = {"HOISTWAY_BASE_URL": "https://127.0.0.1"}
    done = hoistway(*words, cwd=tmp_path, HOISTWAY_KEEP_HOURS="40", **settings, **address)
    assert done.returncode == 2
    assert warning in done.stderr


def test_the_options_of_the_command_itself_may_stand_anywhere() -> None:
    assert in_front(["unit", "list", "--data", "d", "--json"]) == ["--data", "d", "unit", "list", "--json"]
    assert in_front(["unit", "list", "--as=anna"]) == ["--as=anna", "unit", "list"]
    assert in_front(["user", "add", "--", "--data", "x"]) == ["user", "add", "--", "--data", "x"]
    assert in_front(["unit", "list", "--data"]) == ["unit", "list", "--data"]


def test_the_cause_of_a_database_that_cannot_be_had(tmp_path: Path) -> None:
    key = tmp_path / "master.key"
    assert hoistway("master-key", "make", str(key), cwd=tmp_path).returncode == 0
    url = "postgresql://nobody:secret-word@127.0.0.1:1/none"
    done = hoistway("init", cwd=tmp_path, HOISTWAY_DATABASE=url, HOISTWAY_MASTER_KEY_FILE=str(key))
    assert done.returncode == 3
    assert "check host and port in HOISTWAY_DATABASE, and that PostgreSQL runs" in done.stderr
    assert "Background on this error" not in done.stderr
    assert "secret-word" not in done.stderr + done.stdout


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    words = ("serve", "--demo", "--port", "1", "--tls-cert", "cert.pem", "--tls-key", "key.pem")
    done = hoistway(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert "--tls-cert: there is no file cert.pem" in done.stderr


def test_the_version_is_said_by_an_option_too(tmp_path: Path) -> None:
    said = run("--version").output.strip()
    assert said == __version__
    assert f"version: {said}" in run("version").output.splitlines()


def test_what_the_program_writes_is_for_its_own_user(tmp_path: Path) -> None:
    """Database, write-ahead log, locks and reports, and the folder around them."""
    key = tmp_path / "keys" / "master.key"
    assert hoistway("master-key", "make", str(key), cwd=tmp_path).returncode == 0
    settings = {"HOISTWAY_DATABASE": f"sqlite:///{tmp_path}/new/hoistway.db", "HOISTWAY_MASTER_KEY_FILE": str(key)}
    done = hoistway("init", "--json", cwd=tmp_path, **settings)
    assert done.returncode == 0, done.stderr
    modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in (tmp_path / "new").iterdir()}
    assert modes
    assert set(modes.values()) == {"0o600"}
    for folder in (tmp_path / "new", tmp_path / "keys"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_an_older_version_left_open_to_others_is_closed(tmp_path: Path) -> None:
    path, key = tmp_path / "hoistway.db", tmp_path / "master.key"
    assert hoistway("master-key", "make", str(key), cwd=tmp_path).returncode == 0
    migrate(f"sqlite:///{path}")
    beside = [path, *(path.with_name(f"hoistway.db{end}") for end in ("-wal", "-shm"))]
    with closing(connect(path)) as server:
        server.execute("SELECT count(*) FROM users").fetchone()
        for each in beside:
            each.chmod(0o644)
        settings = {"HOISTWAY_DATABASE": f"sqlite:///{path}", "HOISTWAY_MASTER_KEY_FILE": str(key)}
        done = hoistway("init", cwd=tmp_path, **settings)
        assert done.returncode == 0, done.stderr
        assert {each.name: oct(stat.S_IMODE(each.stat().st_mode)) for each in beside} == dict.fromkeys(
            (each.name for each in beside), "0o600"
        )


def test_what_somebody_else_left_open_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hoistway.db"
    path.touch(0o644)
    path.chmod(0o644)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    assert keep_from_others(path) == [f"others than its owner can read {path}: chmod 600 {path}"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_the_audit_trail_names_who_called(tmp_path: Path) -> None:
    """The system's user, the one behind sudo, or `--as`; never nobody."""
    key = tmp_path / "master.key"
    hoistway("master-key", "make", str(key), cwd=tmp_path)
    settings = {"HOISTWAY_DATABASE": f"sqlite:///{tmp_path}/hoistway.db", "HOISTWAY_MASTER_KEY_FILE": str(key)}
    hoistway("init", cwd=tmp_path, **settings)
    hoistway("customer", "add", "c-1", "--name", "One", cwd=tmp_path, **settings, USER="")
    hoistway("customer", "add", "c-2", "--name", "Two", cwd=tmp_path, **settings, SUDO_USER="anna")
    hoistway("customer", "add", "c-3", "--name", "Three", "--as", "ben", cwd=tmp_path, **settings, SUDO_USER="anna")
    code = (
        "import sqlite3, sys; print(*[list(row) for row in sqlite3.connect(sys.argv[1]).execute("
        "\"SELECT actor, detail FROM audit WHERE event = 'customer.added' ORDER BY id\")], sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "hoistway.db"], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert "cli:unknown" not in done.stdout
    assert "cli:anna" in lines[1]
    assert "cli:ben" in lines[2]
    assert json.dumps({"system_user": "anna"})[1:-1].replace(" ", "") in lines[2].replace(" ", "")
