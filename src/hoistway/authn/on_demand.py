"""Libraries that few requests need: imported when one does, so that no process starts later or grows for them."""

from importlib import import_module
from typing import Any, Final

LIBRARIES: Final = frozenset({"pyotp", "segno", "webauthn"})


def library(name: str) -> Any:
    """Raises KeyError for one that is not listed."""
    if name.partition(".")[0] not in LIBRARIES:
        raise KeyError(name)
    return import_module(name)
