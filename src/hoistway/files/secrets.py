"""Secrets that files refer to: their values come from the environment or from other files, and are compared by digest."""

import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from hoistway.applications.secrets import add_further_secret
from hoistway.authn.client import secret_digest
from hoistway.authn.client_secret import living_secrets
from hoistway.store.client_secrets import ClientSecret, secrets_of
from hoistway.store.clients import Client
from hoistway.store.db import Writer
from hoistway.things.making import Unfit

LEAST: Final = 32
LONGEST: Final = 200
_REFERENCE: Final = re.compile(r"(env|file):(.+)")
_SHOWN: Final = 4


class BadReference(Exception):
    """Its text says which, and none of its letters."""


def resolve(references: Iterable[str], environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The values by their references. Raises BadReference."""
    return {one: _read(one, environ) for one in dict.fromkeys(references)}


def _read(reference: str, environ: Mapping[str, str]) -> str:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise BadReference("a secret stands in a file as a reference, env:NAME or file:PATH, and never itself")
    if found[1] == "env":
        if found[2].startswith("HOISTWAY_"):
            raise BadReference(f"{reference}: a setting of the server is no secret of an application")
        value = environ.get(found[2], "")
        if not value:
            raise BadReference(f"{reference}: the variable is not set")
    else:
        value = _in_file(reference, Path(found[2]), environ.get("HOISTWAY_MASTER_KEY_FILE", ""))
    if not LEAST <= len(value) <= LONGEST or not re.fullmatch(r"[!-~]+", value):
        raise BadReference(f"{reference}: a secret has {LEAST} to {LONGEST} visible ASCII characters, without blanks")
    return value


def _in_file(reference: str, path: Path, of_server: str) -> str:
    """Raises BadReference."""
    try:
        if path.exists() and not path.is_file():
            raise BadReference(f"{reference} is no file")
        if of_server and path.exists() and Path(of_server).exists() and path.samefile(of_server):
            raise BadReference(f"{reference}: the server's master key is no secret of an application")
        with path.open("rb") as file:
            return file.read(LONGEST + 3).decode("ascii").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        because = error.strerror if isinstance(error, OSError) else "it is no ASCII text"
        raise BadReference(f"{reference} can't be read: {because}") from None


async def add_missing_secrets(
    tx: Writer, client: Client, values: Sequence[str], now: int, *, is_new: bool
) -> list[str]:
    """Returns the ids of those that were added. One that was there without any, as an import leaves it, stays so. Raises Unfit,
    TwoSecrets."""
    if not values:
        if is_new and client.is_confidential_type and client.customer_id is None:
            raise Unfit("secrets", "file_no_secret")
        return []
    if not client.is_confidential_type:
        raise Unfit("secrets", "make_said", words="an application of this type has no secret: leave it out")
    held = {one.secret_digest for one in living_secrets(await secrets_of(tx, client.id), now)}
    added = []
    for value in values:
        digest = secret_digest(value)
        if digest not in held:
            row = ClientSecret(secrets.token_hex(8), client.id, digest, value[:_SHOWN], now, None)
            await add_further_secret(tx, client, row, now)
            added.append(row.id)
    return added
