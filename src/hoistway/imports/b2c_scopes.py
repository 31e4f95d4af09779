"""Scopes of an API that moves in. Programs ask for `URI/WORD`, and their API reads WORD in `scp`: both stay. The name here is another one
where an API that is here has the word, because what applications may ask for is stored by name."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from hoistway.applications.apis import ScopeRefused, check_held_by_nobody
from hoistway.imports.b2c_programs import words_of
from hoistway.imports.graph_application import GraphApplication
from hoistway.protocol.scope import OIDC_SCOPES, ApiScopes
from hoistway.protocol.scope import words_of as every_word_of
from hoistway.store.apis import ApiScope
from hoistway.store.db import Reader

_LABEL: Final = re.compile(r"/([A-Za-z0-9][A-Za-z0-9._-]{0,59})/?\Z")


async def scopes_for(
    db: Reader, app: GraphApplication, said: Mapping[str, str], others: Sequence[ApiScopes]
) -> tuple[ApiScope, ...]:
    """`said` are the mapping's names by words."""
    taken = set(OIDC_SCOPES.union(*map(every_word_of, others)))
    words = [one.value or "" for one in app.scopes]
    found: list[ApiScope] = []
    for one, word in zip(app.scopes, words, strict=True):
        name = said.get(word) or await _name(db, app, word, taken | {*words} - {word} | {known.name for known in found})
        text = words_of(one.user_consent_display_name or one.admin_consent_display_name or name) or name
        found.append(ApiScope(name, text, None if name == word else word))
    return tuple(found)


async def _name(db: Reader, app: GraphApplication, word: str, taken: set[str]) -> str:
    """The word itself, unless it is taken; otherwise one behind what its URI ends in, or behind its id."""
    for name in _names(app, word):
        if name not in taken and await _is_held_by_nobody(db, name):
            return name
    return word


def _names(app: GraphApplication, word: str) -> Iterator[str]:
    yield word
    label = _LABEL.search(app.identifier_uris[0])
    if label is not None:
        yield f"{label[1]}.{word}"
    yield f"{app.id}.{word}"


async def _is_held_by_nobody(db: Reader, name: str) -> bool:
    try:
        await check_held_by_nobody(db, name)
    except ScopeRefused:
        return False
    return True


def name_of(scopes: Sequence[ApiScope], word: str) -> str | None:
    """The name here of the scope that the old system calls so."""
    return next((one.name for one in scopes if (one.wire or one.name) == word), None)
