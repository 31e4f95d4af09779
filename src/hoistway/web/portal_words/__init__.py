"""The sentences of the portal and the console: one module for each part, with the same keys in English and German.

Templates read a sentence as `t.key`. Keys begin with the name of their part, so that no two parts use the same one.
"""

from typing import Final

from hoistway.web.portal_words import (
    access,
    account_mails,
    applications,
    asking,
    because,
    causes,
    company,
    console,
    credentials,
    devices,
    docs,
    events,
    factors,
    files,
    frame,
    glance,
    health,
    lists,
    mails,
    making,
    moving,
    own_account,
    people,
    person_data,
    products,
    removing,
    selling,
    subscriptions,
    threads,
    tokens,
    two,
    usage,
    values,
)
from hoistway.web.words import DE, EN, Lang, Words

PARTS: Final = (
    frame,
    glance,
    console,
    docs,
    access,
    usage,
    causes,
    company,
    because,
    events,
    health,
    *tokens.PARTS,
    applications,
    asking,
    mails,
    account_mails,
    own_account,
    devices,
    factors,
    credentials,
    removing,
    files,
    people,
    person_data,
    threads,
    products,
    selling,
    subscriptions,
    two,
    values,
    lists,
    making,
    moving,
)


def _merged(common: Words, parts: tuple[Words, ...]) -> Words:
    merged = dict(common)
    for part in parts:
        twice = merged.keys() & part.keys()
        if twice:
            raise ValueError(f"two parts say {', '.join(sorted(twice))}")
        merged |= part
    return merged


PORTAL_WORDS: Final[dict[Lang, Words]] = {
    "en": _merged(EN, tuple(part.EN for part in PARTS)),
    "de": _merged(DE, tuple(part.DE for part in PARTS)),
}
