"""What is wrong with a database is said with what to do, and nothing else is blamed; by the server and by every command."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hoistway.store.causes import sentence_of
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.migrate import migrate
from hoistway.store.sqlite_backup import _check_room
from hoistway.store.sqlite_file import SqliteFile, connect
from tests.cli.running import point_at, run
from tests.engines import EngineName, drop_database, fresh_database

# A test may run as root, whom no mode bars: then another user is the one who asks.
NOBODY = 65534
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not in pytest's own, which another user can't enter."""
    made = Path(tempfile.mkdtemp(prefix="hoistway-"))
    made.chmod(0o755)
    yield made
    for each in (made, *(path for path in made.rglob("*") if path.is_dir())):
        each.chmod(0o700)
    shutil.rmtree(made)


@contextmanager
def as_another() -> Iterator[None]:
    if IS_ROOT:
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if IS_ROOT:
            os.seteuid(0)
            os.setegid(0)


def served(path: Path) -> None:
    """A schema that is current is read alone; what follows writes."""
    migrate(f"sqlite:///{path}")
    commanded(path)


def commanded(path: Path) -> None:
    SqliteFile(path).open.execute("CREATE TABLE more (id TEXT)")


def asked(use: Callable[[Path], None], path: Path) -> str:
    with as_another():
        try:
            use(path)
        except Exception as error:
            return sentence_of(error, f"sqlite:///{path}")
    raise AssertionError("nothing was refused")


def give(path: Path, mode: int) -> None:
    if IS_ROOT:
        os.chown(path, NOBODY, NOBODY)
    path.chmod(mode)


@pytest.mark.parametrize("use", [served, commanded])
@pytest.mark.parametrize(("barred", "mode"), [("file", 0o000), ("file", 0o400), ("folder", 0o000), ("folder", 0o500)])
def test_owner_and_mode_are_told(folder: Path, use: Callable[[Path], None], barred: str, mode: int) -> None:
    path = folder / "data" / "hoistway.db"
    path.parent.mkdir()
    migrate(f"sqlite:///{path}")
    for each in (*path.parent.iterdir(), path.parent):
        give(each, 0o700)
    bad = path if barred == "file" else path.parent
    bad.chmod(mode)
    said = asked(use, path)
    assert f"{bad} belongs to " in said, said
    assert f"has the mode {mode:04o}" in said
    for wrong in ("does not answer", "gone", "PostgreSQL", "Traceback"):
        assert wrong not in said


def test_a_folder_that_cannot_be_made_is_told(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir()
    give(closed, 0o500)
    said = asked(served, closed / "data" / "hoistway.db")
    assert f"{closed} belongs to " in said
    assert "may not make data in it" in said


def refused(path: Path, *statements: str) -> str:
    """What is told of SQLite's own error."""
    try:
        opened = connect(path)
        try:
            for each in statements:
                opened.execute(each)
        finally:
            opened.close()
    except (sqlite3.Error, DatabaseUnavailable) as error:
        return sentence_of(error, f"sqlite:///{path}")
    raise AssertionError("nothing was refused")


def test_a_full_disk_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "hoistway.db"
    path.touch()
    said = refused(path, "CREATE TABLE t (x)", "PRAGMA max_page_count = 2", "INSERT INTO t VALUES (randomblob(99999))")
    assert said.startswith(f"the disk is full, so {path} can't be written: make room on /")


def test_a_copy_that_finds_no_room_blames_its_disk(tmp_path: Path) -> None:
    """SQLite says the same of the file that is copied and of the copy."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    with pytest.raises(OSError, match="No space left") as refused:
        _check_room(error, tmp_path / "copy")
    assert refused.value.filename == str(tmp_path / "copy")


def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    assert f"{tmp_path} is a folder: name a file" in refused(tmp_path)
    path = tmp_path / "notes.txt"
    path.write_bytes(b"no database " * 1000)
    assert refused(path).startswith(f"{path} is no SQLite database: ")


def test_a_file_that_is_missing_is_made_by_setup(tmp_path: Path) -> None:
    path = tmp_path / "hoistway.db"
    assert f"there is no file {path}" in refused(path)
    assert "hoistway setup" in refused(path)


def test_an_empty_database_is_for_setup(engine_name: EngineName, monkeypatch: pytest.MonkeyPatch) -> None:
    url = fresh_database(engine_name)
    if engine_name == "sqlite":
        Path(url.removeprefix("sqlite:///")).touch()
    point_at(monkeypatch, url)
    said = run("unit", "list", code=3).stderr
    assert "`hoistway setup` makes a new installation there" in said
    assert "does not answer" not in said
    drop_database(url)


def test_a_server_that_is_not_there_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(monkeypatch, "postgresql://nobody:secret-word@127.0.0.1:1/none")
    said = run("unit", "list", code=3).stderr
    assert "the database does not answer: " in said
    assert "check host and port in HOISTWAY_DATABASE, and that PostgreSQL runs" in said
    assert "secret-word" not in said


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_a_user_whom_postgresql_does_not_know_is_told(engine_name: EngineName, monkeypatch: pytest.MonkeyPatch) -> None:
    url = fresh_database(engine_name)
    point_at(monkeypatch, url.replace("postgres@", "nobody_here@"))
    for words in (("unit", "list"), ("init",)):
        said = run(*words, code=3).stderr
        assert "the database refuses: " in said
        assert "check the user in HOISTWAY_DATABASE" in said
    drop_database(url)
