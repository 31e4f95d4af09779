"""Copies of what is held about people, made for a page: of each person one at a time in a process, since the trail is looked through."""

from collections.abc import Iterator
from contextlib import contextmanager

from hoistway.engine import Engine
from hoistway.portal.not_now import BeingCopied
from hoistway.protocol.ids import UserId


@contextmanager
def copying(engine: Engine, person: UserId) -> Iterator[None]:
    """Raises BeingCopied."""
    if person in engine.copied:
        raise BeingCopied
    engine.copied.add(person)
    try:
        yield
    finally:
        engine.copied.discard(person)
