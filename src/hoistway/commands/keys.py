"""hoistway keys."""

from typing import Annotated

import typer

from hoistway import clock
from hoistway.commands.context import USAGE, AsJson, fail, note, read_settings, show_one, with_database
from hoistway.commands.nouns import noun, verb
from hoistway.commands.tables import show
from hoistway.environment import open_vault
from hoistway.protocol.ids import KeyId
from hoistway.store.db import Database
from hoistway.store.keys import all_keys
from hoistway.tokens.keyring import ALGORITHMS, LEAST_LEAD, make_key, publish_key

KEYS = noun("Signing keys.")
LEAD = 600


@verb(KEYS, "list", "List signing keys and their times.")
def list_keys(as_json: AsJson = False) -> None:
    rows = with_database(all_keys)
    names = ("id", "alg", "published_at", "signs_from", "retired_at", "gone_at")
    show([{name: getattr(row, name) for name in names} for row in rows], as_json)


@verb(
    KEYS,
    "rotate",
    "Publish new keys, which take over after ten minutes, or with --now as soon as every process knows them.",
)
def rotate(
    alg: Annotated[str | None, typer.Option(help="ES256 or RS256; both without it.")] = None,
    now: Annotated[
        bool,
        typer.Option(
            "--now",
            help="After 15 seconds. Verifiers that cached the old set refuse new tokens for up to 5 minutes, unless they "
            "ask again for a key that they don't know.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    if alg is not None and alg not in ALGORITHMS:
        fail(f"--alg must be one of {', '.join(ALGORITHMS)}", USAGE)
    vault = open_vault(read_settings())

    async def work(db: Database) -> list[KeyId]:
        made = [
            await make_key(db, vault, one, clock.now(), lead=LEAST_LEAD if now else LEAD)
            for one in ([alg] if alg else ALGORITHMS)
        ]
        async with db.write() as tx:
            for key in made:
                await publish_key(tx, key)
            await note(tx, "keys.rotated", made=[key.id for key in made])
        return [key.id for key in made]

    show_one({"made": with_database(work)}, as_json)
