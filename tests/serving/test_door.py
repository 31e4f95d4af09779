"""Where `hoistway reload` finds the parent, and whom each end believes."""

import os
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Thread

import msgspec
import pytest

from hoistway.server.asking import NoDoor, ask
from hoistway.server.door import BUSY, MOST_CALLERS, RELOAD, TRY, Door, Outcome, folders, name_for, open_door, temporary


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
    for one in silent[8:]:
        assert b"8 callers wait already" in one.recv(1000)
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


def test_a_door_that_is_full_says_so(tmp_path: Path) -> None:
    """Whoever is turned away may be heard before or after it said what it wants."""
    door, answers = open_door([tmp_path], 8080), list[str]()

    def work() -> None:
        try:
            answers.append(ask([tmp_path], 8080, RELOAD).because)
        except NoDoor as error:
            answers.append(str(error))

    callers = [Thread(target=work) for _ in range(12)]
    for one in callers:
        one.start()
    while len(door.waiting) < MOST_CALLERS or len(answers) < 4:
        door.listen()
    door.begin()
    door.tell(Outcome(True), door.asked)
    for one in callers:
        one.join(10)
    door.close()
    assert sorted(answers) == [""] * 8 + [BUSY] * 4


def test_a_link_in_the_folder_for_temporary_files_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    (theirs / name_for(8080)).write_text("a file of somebody's own")
    temporary().symlink_to(theirs)
    door = open_door([temporary()], 8080)
    assert door.listening is None
    assert (theirs / name_for(8080)).read_text() == "a file of somebody's own"
    assert [record.getMessage() for record in caplog.records] == ["no socket for reloads"]
    with pytest.raises(NoDoor, match="no server answers"):
        ask([temporary()], 8080, RELOAD)


# Whoever runs the tests owns what they make: root is asked as somebody else, and everybody else as root.
ME = os.geteuid()
ANOTHER = 4711 if ME == 0 else 0


def test_a_folder_of_another_user_holds_no_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even root's, nor for root one of somebody else's: their files may have that name."""
    monkeypatch.setattr(os, "geteuid", lambda: ANOTHER)
    door = open_door([tmp_path], 8080)
    assert door.listening is None
    assert list(tmp_path.iterdir()) == []


def saying(folder: Path, said: bytes) -> Thread:
    """Something else than a server."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / name_for(8080)))
    listening.listen()

    def work() -> None:
        caller, _ = listening.accept()
        with listening, caller, suppress(BrokenPipeError):
            caller.sendall(said)

    thread = Thread(target=work)
    thread.start()
    return thread


DONE = b'{"done":true}'


@pytest.mark.parametrize(("other_end", "is_believed"), [(0, True), (ME, True), (4712, False)])
def test_root_believes_root_and_the_owner_of_the_folder_that_it_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other_end: int, is_believed: bool
) -> None:
    thread = saying(tmp_path, DONE)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("hoistway.server.asking.user_of", lambda _peer: other_end)
    if is_believed:
        assert ask([tmp_path], 8080, RELOAD) == Outcome(True)
    else:
        with pytest.raises(NoDoor, match="is not the folder's owner"):
            ask([tmp_path], 8080, RELOAD)
    thread.join(10)


def test_nobody_looks_into_anothers_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: ANOTHER)
    temporary().mkdir(mode=0o700)
    with pytest.raises(NoDoor, match="belongs to another user"):
        ask([temporary()], 8080, RELOAD)


def test_what_the_other_end_says_is_shown_without_control_characters(tmp_path: Path) -> None:
    said = Outcome(False, "\x1b]0;owned\x07 \x9b2J\n \u202egood\r" + "a" * 10_000, ("\x1b[2Jwarned",))
    thread = saying(tmp_path, msgspec.json.encode(said))
    heard = ask([tmp_path], 8080, RELOAD)
    thread.join(10)
    because = heard.because
    assert heard.warnings == ("[2Jwarned",)
    assert because.startswith("]0;owned 2J\n good\na")
    assert because.endswith("a…")
    assert len(because) <= 2_001


@pytest.mark.parametrize("said", [b"\x1b[2J", b"[]", b'{"done":1}', b"{" * 100_000])
def test_what_is_no_answer_is_said(tmp_path: Path, said: bytes) -> None:
    thread = saying(tmp_path, said)
    with pytest.raises(NoDoor, match="no server of Hoistway"):
        ask([tmp_path], 8080, RELOAD)
    thread.join(10)
