"""`./dev words export LANGUAGE > words.po` and `./dev words import LANGUAGE words.po`."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from translation.po import BadWords, read, written
from translation.tables import MODULES, places, rewritten, sentences


def code(language: str) -> str:
    """Raises ValueError for anything but two letters: it becomes the name of a table."""
    if not re.fullmatch("[a-z]{2}", language):
        raise ValueError
    return language


def export(language: str) -> None:
    sys.stdout.buffer.write(written(language, sentences(language), places()))


def take(language: str, file: Path) -> str:
    """Writes what the file has otherwise than the source into the tables; all of it or nothing. Raises BadWords."""
    known = {one.key: one for one in sentences(language)}
    taken = read(language, file.read_bytes(), known)
    changed = []
    for module in MODULES:
        mine = {key: text for key, text in taken.items() if known[key].part == module.__name__}
        if mine:
            path = Path(str(module.__file__))
            path.write_text(rewritten(path.read_text(encoding="utf-8"), language.upper(), mine), encoding="utf-8")
            changed.append(str(path))
    if changed:
        subprocess.run(["ruff", "format", "--quiet", *changed], check=True)
    return f"{len(taken)} sentences changed in {len(changed)} files"


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev words", description="The sentences of the pages, for translators.")
    parser.add_argument("act", choices=("export", "import"))
    parser.add_argument("language", type=code, help="de, fr, …: two letters (ISO 639-1)")
    parser.add_argument("file", nargs="?", type=Path, help="the gettext file to import")
    chosen = parser.parse_args()
    if chosen.act == "export":
        export(chosen.language)
    elif chosen.file is None:
        parser.error("import needs the file: ./dev words import de words.po")
    else:
        try:
            print(take(chosen.language, chosen.file))
        except BadWords as error:
            sys.exit(f"nothing was changed:\n{error}")
        except OSError as error:
            sys.exit(f"nothing was changed:\n{error.filename or chosen.file}: {error.strerror}")


if __name__ == "__main__":
    main()
