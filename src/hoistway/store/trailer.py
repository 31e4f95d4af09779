"""The last line of a backup: a digest of what comes before it. SQLite and pg_restore read up to the end that their own
formats name, and never see it (https://www.sqlite.org/fileformat2.html, docs/adr/0019-backup-and-keys.md).
"""

import hashlib
import mmap
import re
from pathlib import Path

from hoistway.store.sqlite_backup import CannotBackUp

_MARK = b"\nhoistway backup sha256 "
_LENGTH = len(_MARK) + 65
_LINE = re.compile(re.escape(_MARK) + rb"([0-9a-f]{64})\n")
_SQLITE = b"SQLite format 3\0"


def _digest(path: Path, length: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while length > 0 and (part := file.read(min(length, 1024 * 1024))):
            digest.update(part)
            length -= len(part)
    return digest.hexdigest()


def add_digest(path: Path) -> None:
    line = _MARK + _digest(path, path.stat().st_size).encode() + b"\n"
    with path.open("ab") as file:
        file.write(line)


def check_digest(path: Path) -> bool:
    """False where the backup has none, as those of older versions. Raises CannotBackUp where it is not what was written,
    OSError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(100)
        file.seek(max(0, size - _LENGTH))
        line = _LINE.fullmatch(file.read())
        if line is not None:
            if _digest(path, size - _LENGTH) != line[1].decode():
                raise CannotBackUp(f"{path} is damaged: its content is not what was written; take another backup")
            return True
        if size:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                if content.find(_MARK) >= 0:
                    raise CannotBackUp(
                        f"{path} is damaged: bytes follow its end, or its end is cut off; take another backup"
                    )
    if size > (_length_of_sqlite(head) or size):
        raise CannotBackUp(f"{path} is damaged: bytes follow its end; take another backup")
    return False


def _length_of_sqlite(head: bytes) -> int | None:
    """As the header says; None where it is no SQLite database, or was last written by a program that did not say."""
    if not head.startswith(_SQLITE) or len(head) < 100 or head[24:28] != head[92:96]:
        return None
    # 1 stands for 65536 (section 1.3.2).
    page = int.from_bytes(head[16:18], "big")
    return (65536 if page == 1 else page) * int.from_bytes(head[28:32], "big") or None
