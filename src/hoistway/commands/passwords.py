"""Passwords of people and technical accounts: generated, or read from standard input; never an argument, which other users could see."""

import sys
from typing import Annotated

import typer
from msgspec.structs import asdict

from hoistway import clock
from hoistway.authn.passwords import LONGEST, Passwords, generate_password
from hoistway.commands.context import AsJson, fail, in_transaction, note, show_one
from hoistway.commands.named import account_id as service_account_id
from hoistway.commands.named import person_id
from hoistway.commands.nouns import Id, event_of, verb
from hoistway.grants.new_password import Ended, replace_password
from hoistway.protocol.subject import Kind
from hoistway.store.db import Writer

SHORTEST = 12
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input, one line.")]


def choose_password(from_stdin: bool) -> tuple[str, dict[str, str]]:
    """(the password, the part of it that is shown once)"""
    if not from_stdin:
        password = generate_password()
        return password, {"password": password}
    password = sys.stdin.readline().rstrip("\r\n")
    if not SHORTEST <= len(password) <= LONGEST:
        fail(f"a password must have {SHORTEST} to {LONGEST} characters")
    return password, {}


def add_reset(app: typer.Typer, what: str, kind: Kind) -> None:
    @verb(app, "reset-password", "Replace the password by a new one, shown once; what the old one gave ends at once.")
    def reset_password(account_id: Id, password_stdin: FromStdin = False, as_json: AsJson = False) -> None:
        password, shown_once = choose_password(password_stdin)
        digest = Passwords(1).hash_now(password)

        async def work(tx: Writer) -> tuple[str, Ended]:
            found = await (person_id if kind == "user" else service_account_id)(tx, account_id)
            ended = await replace_password(tx, kind, found, digest, clock.now())
            if ended is None:
                fail(f"there is no {what} {account_id}")
            await note(tx, f"{event_of(what)}.password_reset", id=found, **asdict(ended))
            return found, ended

        found, ended = in_transaction(work)
        show_one({"id": found, **shown_once, "ended": asdict(ended)}, as_json)
