"""Passwords of people and technical accounts: generated, or read from standard input; never an argument, which other users could see."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import asdict

from hoistway import clock
from hoistway.authn.acceptable import Acceptable, Unacceptable
from hoistway.authn.passwords import Passwords, generate_password
from hoistway.commands.context import (
    UNAVAILABLE,
    AsJson,
    fail,
    in_transaction,
    known_environment,
    note,
    show_one,
    with_database,
)
from hoistway.commands.named import account_called, person_called, person_id, refuse_without_password
from hoistway.commands.nouns import Id, event_of, verb
from hoistway.grants.new_password import Ended, replace_password
from hoistway.protocol.errors import TemporarilyUnavailable
from hoistway.protocol.subject import Kind
from hoistway.store.branding import find_branding
from hoistway.store.db import Database, Writer
from hoistway.web.password_words import said_of

FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input, one line.")]


def choose_password(from_stdin: bool, known: Sequence[str | None]) -> tuple[str, dict[str, str]]:
    """(the password, the part of it that is shown once). `known` are names and addresses, which guessers know, too."""
    if not from_stdin:
        password = generate_password()
        return password, {"password": password}
    password = sys.stdin.readline().rstrip("\r\n")
    _check(password, known)
    return password, {}


def _check(password: str, known: Sequence[str | None]) -> None:
    """Ends the command where it may not be a password, and says what would help."""
    environment = known_environment()
    list_of_breached = environment.breached_passwords
    acceptable = Acceptable(None if list_of_breached is None else Path(list_of_breached))
    try:
        asyncio.run(acceptable.check(password, [*known, environment.brand]))
    except Unacceptable as error:
        fail(f"this password is not taken. {said_of(error.reasons, 'en')}")
    except TemporarilyUnavailable as error:
        fail(f"{error.public} ({error.log})", UNAVAILABLE)
    finally:
        acceptable.close()


def _known_of(kind: Kind, word: str) -> list[str | None]:
    """Names and addresses of the account, and what pages call the service."""

    async def read(db: Database) -> list[str | None]:
        branding = await find_branding(db)
        brand = None if branding is None else branding.name
        if kind == "user":
            person = await person_called(db, word)
            return [brand] if person is None else [brand, person.username, person.name, *person.emails]
        account = await account_called(db, word)
        return [brand] if account is None else [brand, account.username, account.name]

    return with_database(read)


async def _account_with_password(tx: Writer, word: str) -> str:
    row = await account_called(tx, word)
    if row is None:
        return word
    refuse_without_password(row)
    return row.id


def add_reset(app: typer.Typer, what: str, kind: Kind) -> None:
    @verb(
        app,
        "reset-password",
        "Replace the password by a new one, shown once; what the old one gave ends at once. A person chooses another at the next sign-in.",
    )
    def reset_password(account_id: Id, password_stdin: FromStdin = False, as_json: AsJson = False) -> None:
        password, shown_once = choose_password(password_stdin, _known_of(kind, account_id) if password_stdin else ())
        digest = Passwords(1).hash_now(password)

        async def work(tx: Writer) -> tuple[str, Ended]:
            found = await (person_id(tx, account_id) if kind == "user" else _account_with_password(tx, account_id))
            ended = await replace_password(tx, kind, found, digest, clock.now(), handed_over=kind == "user")
            if ended is None:
                fail(f"there is no {what} {account_id}")
            await note(tx, f"{event_of(what)}.password_reset", id=found, **asdict(ended))
            return found, ended

        found, ended = in_transaction(work)
        show_one({"id": found, **shown_once, "ended": asdict(ended)}, as_json)
