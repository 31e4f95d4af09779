"""The operator's list of breached passwords: found by bisection in files of any size and both kinds of line ends, and checked."""

import hashlib
import os
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from hoistway.authn.breached import BadList, is_breached, look_at
from hoistway.authn.list_check import check_list
from tests.cli.running import answer, run

WORDS = [f"word {number}" for number in range(20_000)]


def digest(word: str) -> str:
    return hashlib.sha1(word.encode()).hexdigest().upper()


def write(path: Path, words: Sequence[str], end: str = "\n", *, counted: bool = True, last: bool = True) -> Path:
    some = random.Random(1)
    lines = [digest(word) + (f":{some.choice((1, 22, 10_434_004))}" if counted else "") for word in words]
    text = end.join(sorted(lines)) + (end if last else "")
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("last", [True, False])
def test_every_word_is_found_and_no_other(tmp_path: Path, end: str, counted: bool, last: bool) -> None:
    file = write(tmp_path / "list", WORDS, end, counted=counted, last=last)
    look_at(file)
    assert all(is_breached(file, word) for word in WORDS[::37])
    first_and_last = sorted(WORDS, key=digest)[:3] + sorted(WORDS, key=digest)[-3:]
    assert all(is_breached(file, word) for word in first_and_last)
    assert not any(is_breached(file, f"{word}!") for word in WORDS[::97])
    assert check_list(file, lambda _: None) == len(WORDS)


@pytest.mark.parametrize("count", [1, 2, 3, 90, 200])
def test_short_lists(tmp_path: Path, count: int) -> None:
    for last in (True, False):
        file = write(tmp_path / f"list-{last}", WORDS[:count], last=last)
        look_at(file)
        assert [word for word in WORDS[: count + 50] if is_breached(file, word)] == WORDS[:count]


def test_small_letters_are_the_same(tmp_path: Path) -> None:
    file = write(tmp_path / "list", WORDS[:500])
    file.write_text(file.read_text().lower())
    assert is_breached(file, WORDS[3])
    assert check_list(file, lambda _: None) == 500


def test_a_list_larger_than_any_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """64 GiB with holes, of which only the places that are looked at exist: some forty reads of few bytes."""
    real, size, line = os.pread, 64 * 2**30, 42
    count = size // line
    step = (1 << 160) // count
    file = tmp_path / "list"
    with file.open("wb") as made:
        made.truncate(count * line)
    read: list[int] = []

    def pread(number: int, length: int, at: int) -> bytes:
        read.append(length)
        assert real(number, 1, at) in {b"\0", b""}
        first, last = at // line, min(count, (at + length) // line + 1)
        text = b"".join(b"%040X\r\n" % (one * step) for one in range(first, last))
        return text[at - first * line :][:length]

    monkeypatch.setattr(os, "pread", pread)
    assert not is_breached(file, "nobody has this one")
    assert len(read) < 60
    assert sum(read) < 32 * 1024


BAD = {
    "NTLM": ("\n".join(f"{number:032X}:3" for number in range(500)), "NTLM"),
    "of a range": ("\n".join(f"{number:035X}:3" for number in range(500)), "by range"),
    "text": ("password\n" * 500, "40 hexadecimal digits"),
    "UTF-16": ("".join(f"{one}\0" for one in f"{digest('x')}\n" * 99), "in UTF-16: save it as UTF-8"),
    "binary": ("\0" * 5000, "40 hexadecimal digits"),
    "a mark at the beginning": (
        "\ufeff" + "\n".join(digest(word) for word in sorted(WORDS[:9], key=digest)),
        "byte order mark",
    ),
    "empty": ("", "empty"),
    "backwards": ("\n".join(sorted(map(digest, WORDS), reverse=True)), "not sorted"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_list_is_refused_at_the_start(tmp_path: Path, name: str) -> None:
    text, said = BAD[name]
    file = tmp_path / "list"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadList, match=said):
        look_at(file)
    with pytest.raises(BadList):
        check_list(file, lambda _: None)


def test_a_list_by_count_is_noticed_while_it_is_searched(tmp_path: Path) -> None:
    """Its ends may look right by chance."""
    lines = sorted(map(digest, WORDS))
    middle = lines[1:-1]
    random.Random(2).shuffle(middle)
    file = tmp_path / "list"
    file.write_text("\n".join([lines[0], *middle, lines[-1]]) + "\n")
    look_at(file)
    with pytest.raises(BadList, match="not sorted"):
        _ = [is_breached(file, word) for word in WORDS[:200]]


def spoil(lines: list[str], how: str) -> str:
    if how == "swapped":
        lines[700], lines[701] = lines[701], lines[700]
    elif how == "half a line":
        return "\n".join(lines)[:-20]
    elif how == "cut off":
        return "\n".join(lines[:12_000]) + "\n"
    elif how == "a line of text":
        lines[700] = "hello"
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("swapped", "line 702: its hash is smaller"),
        ("half a line", "line 20000, the last one, is cut off"),
        ("cut off", "ends with line 12000"),
        ("a line of text", "line 701: a line is no SHA-1"),
    ],
)
def test_the_command_finds_what_searching_would_trip_over(tmp_path: Path, how: str, said: str) -> None:
    file = tmp_path / "list"
    file.write_text(spoil(sorted(map(digest, WORDS)), how))
    assert said in run("passwords", "check-list", str(file), code=1).stderr


def test_the_command_reads_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("passwords", "check-list", code=2)
    file = write(tmp_path / "list", WORDS[:100])
    monkeypatch.setenv("HOISTWAY_BREACHED_PASSWORDS", str(file))
    assert answer("passwords", "check-list")["lines"] == 100
    assert "can't be read" in run("passwords", "check-list", str(tmp_path / "none"), code=1).stderr
