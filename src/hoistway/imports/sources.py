"""The files of an import: which they are, in which order, and whether they are those that an earlier call began with."""

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from msgspec import Struct

from hoistway.imports.seen import seen

SUFFIXES: Final = (".json", ".ndjson", ".jsonl", ".csv")
MOST_FILES: Final = 20_000
_BLOCK: Final = 64 * 1024
_DIGITS: Final = re.compile(r"([0-9]+)")
Stand = tuple[int, int, int, int]


class BadSource(Exception):
    """Nothing was read; the text says what to name instead."""


class Source(Struct, frozen=True):
    """`name` is how reports call the file, without what can't be seen.
    `stand` says which file it was when the import began, and when it was written."""

    path: Path
    name: str
    size: int
    stand: Stand

    def is_unchanged(self) -> bool:
        try:
            return _stand_of(self.path) == self.stand
        except OSError:
            return False


def _stand_of(path: Path) -> Stand:
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def in_order(name: str) -> tuple[tuple[int, str], ...]:
    """page-2 before page-10."""
    parts = _DIGITS.split(name)
    return tuple((len(part.lstrip("0")), part) if place % 2 else (0, part) for place, part in enumerate(parts))


def source_of(path: Path, name: str) -> Source:
    try:
        stand = _stand_of(path)
    except OSError as error:
        raise BadSource(f"{seen(str(path))} can't be read: {error.strerror}") from error
    if not path.is_file():
        raise BadSource(
            f"{seen(str(path))} is no regular file, and it is read twice: write what it gives into a file first"
        )
    return Source(path, seen(name), stand[2], stand)


def sources_of(paths: Iterable[Path]) -> Sequence[Source]:
    """Of a folder those of its files that may be an export's, without those of folders in it. Raises BadSource."""
    found: list[Source] = []
    for path in paths:
        if path.is_dir():
            inside = [one for one in path.iterdir() if one.suffix.lower() in SUFFIXES and not one.name.startswith(".")]
            if not inside:
                raise BadSource(f"{path} has no file whose name ends in {', '.join(SUFFIXES)}")
            found += [source_of(one, one.name) for one in sorted(inside, key=lambda one: in_order(one.name))]
        else:
            found.append(source_of(path, path.name))
        if len(found) > MOST_FILES:
            raise BadSource(f"there are more than {MOST_FILES} files: put several pages into one, a record a line")
    names = [source.name for source in found]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadSource(f"two files are called {twice}: name one folder, or give them names of their own")
    return found


def fingerprint(kind: str, sources: Sequence[Source], mapping: bytes) -> str:
    """The same for the same files and mapping, by names, sizes, first and last blocks."""
    digest = sha256(f"{kind}\x00{len(mapping)}\x00".encode() + mapping)
    for source in sources:
        digest.update(f"\x00{source.name}\x00{source.size}\x00".encode("utf-8", "surrogateescape"))
        with source.path.open("rb") as file:
            digest.update(file.read(_BLOCK))
            file.seek(max(0, source.size - _BLOCK))
            digest.update(file.read(_BLOCK))
    return digest.hexdigest()
