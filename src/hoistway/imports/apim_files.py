"""The files of an API Management instance: a folder with folders in it, as its management API or APIOps gives them
(https://github.com/Azure/apiops)."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hoistway.imports.sources import SUFFIXES, BadSource, Source, in_order, source_of

MOST_FILES: Final = 100_000
MOST_FOLDERS: Final = 100_000
_KINDS: Final = frozenset((*SUFFIXES, ".xml"))
_SPECIFICATION: Final = "specification"


def files_of(folder: Path) -> Sequence[Source]:
    """Those of its files that may be an export's, by their path in it. Links to other folders are not followed. Raises BadSource."""
    found: list[Path] = []
    for number, (inside, folders, names) in enumerate(os.walk(folder)):
        folders[:] = [one for one in folders if not one.startswith(".")]
        found += [
            Path(inside, name) for name in names if not name.startswith(".") and Path(name).suffix.lower() in _KINDS
        ]
        if len(found) > MOST_FILES or number > MOST_FOLDERS:
            raise BadSource(f"{folder} has more than {MOST_FILES} files: name the folder of one instance")
    sources = [source_of(one, one.relative_to(folder).as_posix()) for one in found if one.stem != _SPECIFICATION]
    if not sources:
        raise BadSource(f"{folder} has no file whose name ends in {', '.join(sorted(_KINDS))}")
    return sorted(sources, key=lambda one: in_order(one.name))
