"""Where `hoistway reload` finds the parent, and whom each end believes."""

import os
import socket
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from hoistway.server.asking import NoDoor, ask
from hoistway.server.door import RELOAD, TRY, Door, Outcome, folders, name_for, open_door


def test_where_it_is_looked_for(tmp_path: Path) -> None:
    own = Path(f"/tmp/hoistway-{os.geteuid()}")
    assert folders(tmp_path, "sqlite:////srv/x.db", {"RUNTIME_DIRECTORY": "/run/a"}) == [tmp_path]
    found = folders(None, "sqlite:////srv/x.db", {"RUNTIME_DIRECTORY": "/run/a:/run/b"})
    assert found[:3] == [Path("/run/a"), Path("/run/b"), Path("/srv")]
    assert folders(None, "postgresql://h/d", {})[0] == Path("/run/hoistway")
    assert folders(None, None, {})[-1].name == own.name


def answering(door: Door, outcome: Outcome, heard: list[str]) -> Thread:
    """Hears one word and answers it."""

    def work() -> None:
        while not door.listen():
            pass
        heard.append("reload" if door.waiting else "try")
        door.begin()
        door.tell(outcome, door.asked or door.trying)

    thread = Thread(target=work)
    thread.start()
    return thread


@pytest.mark.parametrize(("word", "named"), [(RELOAD, "reload"), (TRY, "try")])
def test_who_asks_hears_what_came_of_it(tmp_path: Path, word: bytes, named: str) -> None:
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    door, heard = open_door([tmp_path / "missing", folder], 8080), list[str]()
    thread = answering(door, Outcome(False, "no certificate"), heard)
    assert ask([folder], None, word) == Outcome(False, "no certificate")
    thread.join(10)
    door.close()
    assert heard == [named]
    assert list(folder.iterdir()) == []


def test_of_several_one_is_named_and_those_that_were_killed_count_for_nothing(tmp_path: Path) -> None:
    (tmp_path / name_for(1)).touch()
    doors = [open_door([tmp_path], port) for port in (2, 3)]
    with pytest.raises(NoDoor, match=r"several servers answer, serve-2\.sock, serve-3\.sock"):
        ask([tmp_path], None, RELOAD)
    doors[0].close()
    thread = answering(doors[1], Outcome(True), [])
    assert ask([tmp_path], None, RELOAD) == Outcome(True)
    thread.join(10)
    doors[1].close()
    with pytest.raises(NoDoor, match="no server answers; looked for"):
        ask([tmp_path], None, RELOAD)


def test_a_server_that_ends_is_said(tmp_path: Path) -> None:
    door = open_door([tmp_path], 8080)

    def end() -> None:
        for _ in range(2):
            while not door.waiting:
                door.listen()
            door.waiting.pop().close()

    thread = Thread(target=end)
    thread.start()
    with pytest.raises(NoDoor, match="ended before it said"):
        ask([tmp_path], 8080, RELOAD)
    thread.join(10)
    door.close()


def test_callers_are_bounded_and_who_says_nothing_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    door = open_door([tmp_path], 8080)
    silent = []
    for _ in range(20):
        one = socket.socket(socket.AF_UNIX)
        one.settimeout(10)
        one.connect(str(tmp_path / name_for(8080)))
        silent.append(one)
        door.listen()
    assert len(door.files) == 9
    monkeypatch.setattr("hoistway.server.door.time.monotonic", lambda: 1e12)
    door.listen()
    assert len(door.files) == 1
    assert all(one.recv(10) == b"" for one in silent)
    for one in silent:
        one.close()
    door.close()


def test_somebody_elses_word_is_not_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    door = open_door([tmp_path], 8080)
    monkeypatch.setattr("hoistway.server.door.user_of", lambda _peer: 65534)
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(10)
        asking.connect(str(tmp_path / name_for(8080)))
        asking.sendall(RELOAD)
        assert not door.listen()
        # It may be closed with the word in it.
        with suppress(ConnectionResetError):
            assert asking.recv(10) == b""
    door.close()


def test_a_folder_that_others_may_write_to_holds_no_door(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tmp_path.chmod(0o777)
    door = open_door([tmp_path], 8080)
    assert door.listening is None
    assert list(tmp_path.iterdir()) == []
    assert [record.getMessage() for record in caplog.records] == ["no socket for reloads"]
