"""hoistway token inspect: what a token says, and why it would be refused."""

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from msgspec import structs

from hoistway import clock
from hoistway.commands.context import (
    REFUSED,
    AsJson,
    fail,
    known_environment,
    read_settings,
    show_one,
    warn,
    with_database,
)
from hoistway.commands.nouns import noun, verb
from hoistway.commands.refresh_verdict import Refresh, judge_refresh
from hoistway.commands.token_words import explained, unreadable, worded
from hoistway.endpoints.explain import reasons_of_life
from hoistway.environment import open_vault
from hoistway.protocol.explain import Expected, Readable, Reason, Unreadable, explain, tidy
from hoistway.protocol.ids import ApiId
from hoistway.protocol.text import is_plain
from hoistway.store.apis import Api, find_api
from hoistway.store.db import Database
from hoistway.tokens.keyring import Keyring
from hoistway.tokens.revoked import Revoked
from hoistway.tokens.vault import Vault

TOKEN = noun("Tokens.")
Verdict = tuple[Readable, list[Reason]]


@verb(
    TOKEN,
    "inspect",
    "Explain a token claim by claim, and every reason why it would be refused; then the code is 1.",
    takes_dashes=True,
)
def inspect(
    text: Annotated[
        str, typer.Argument(metavar="TOKEN", help="Access, ID or refresh token; - reads it from standard input.")
    ] = "-",
    scope: Annotated[str | None, typer.Option(help="A scope that the request needs, such as units.read.")] = None,
    api: Annotated[str, typer.Option(help="Id of the API it is sent to.")] = "customer-api",
    as_json: AsJson = False,
) -> None:
    text = tidy(sys.stdin.read() if text == "-" else text)
    vault, base_url, now = open_vault(read_settings()), known_environment().base_url, clock.now()

    async def work(db: Database) -> Refresh | Verdict | Unreadable:
        refresh = await judge_refresh(db, vault, text, now)
        if refresh is not None:
            return refresh
        target = await find_api(db, ApiId(api))
        if target is None:
            fail(f"there is no API {api}")
        return await _judge(db, vault, text, target, base_url, scope, now)

    found = with_database(work)
    if isinstance(found, Unreadable):
        fail(unreadable(found))
    if isinstance(found, Refresh):
        _show_refresh(found, as_json)
    else:
        if base_url is None:
            warn(["HOISTWAY_BASE_URL is not set, so the issuer is not judged"])
        _show_token(*found, api, now, as_json)


async def _judge(
    db: Database, vault: Vault, text: str, api: Api, base_url: str | None, scope: str | None, now: int
) -> Verdict | Unreadable:
    keyring, revoked = Keyring(vault), Revoked()
    await keyring.load(db, now)
    await revoked.load(db, now)
    audience = api.audience if api.disabled_at is None else None
    said = explain(text, Expected(keyring.verifying, None if base_url is None else base_url.rstrip("/"), audience), now)
    if isinstance(said, Unreadable):
        return said
    needed = scope or " or ".join(one.name for one in api.scopes)
    has_it = scope in said.scopes if scope else any(one.name in said.scopes for one in api.scopes)
    lacking = [] if has_it else [Reason("scope", {"scope": needed, "held": " ".join(sorted(said.scopes)) or "none"})]
    return said, [*said.reasons, *lacking, *await reasons_of_life(db, revoked, said, now)]


def _show_token(said: Readable, reasons: Sequence[Reason], api: str, now: int, as_json: bool) -> None:
    header, claims = explained("header", said.header, now), explained("claim", said.claims, now)
    if as_json:
        _print_json({"header": said.header, "claims": said.claims, "explained": [*header, *claims]}, reasons)
    else:
        for row in (*header, *claims):
            _say(f"  {row['name']:20} {row['value']}   ({row['words']})")
    _end(f"The API {api}", reasons, as_json)


def _show_refresh(refresh: Refresh, as_json: bool) -> None:
    family = None if refresh.family is None else structs.asdict(refresh.family)
    facts = {"kind": "refresh token", "family_id": refresh.family_id, "generation": refresh.generation}
    if as_json:
        _print_json({**facts, "family": family}, refresh.reasons)
    else:
        show_one({**(family or {}), **facts}, as_json=False)
    _end("The token endpoint", refresh.reasons, as_json)


def _print_json(facts: dict[str, Any], reasons: Sequence[Reason]) -> None:
    typer.echo(json.dumps({**facts, "accepted": not reasons, "refused_because": [worded(one) for one in reasons]}))


def _end(who: str, reasons: Sequence[Reason], as_json: bool) -> None:
    if not as_json:
        typer.echo(f"{who} refuses it:" if reasons else f"{who} accepts it.")
        for said in map(worded, reasons):
            _say(f"  {said['code']}: {said['because']} {said['do']}")
    raise typer.Exit(REFUSED if reasons else 0)


def _say(line: str) -> None:
    """Escaped, because whoever forged a token must not control the terminal that shows it."""
    typer.echo("".join(one if is_plain(one) else f"\\x{ord(one):02x}" for one in line))
