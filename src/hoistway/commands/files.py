"""hoistway export, plan, apply, drift and schema: configuration as files (docs/adr/0044-files.md)."""

import json
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from msgspec.structs import asdict

from hoistway import clock
from hoistway.accounts.erasing import Eraser, open_eraser
from hoistway.accounts.hand import Hand
from hoistway.commands.context import (
    REFUSED,
    USAGE,
    AsJson,
    fail,
    note,
    read_settings,
    with_database,
)
from hoistway.commands.nouns import verb
from hoistway.commands.yaml_file import BadYaml, read_yaml
from hoistway.environment import open_vault
from hoistway.files.applying import Applying
from hoistway.files.document import BadDocument, Document, json_schema, merged, read_document
from hoistway.files.plan import Plan, Step
from hoistway.files.secrets import BadReference, resolve
from hoistway.files.world import Refused, World
from hoistway.files.writing import KINDS_OF_EXPORT, as_yaml, exported
from hoistway.products.beginning import look_for_keyless
from hoistway.protocol.ids import UserId
from hoistway.store.db import Database, Writer
from hoistway.store.turns import take_turn

MOST_FILES = 500
BY = UserId("command line")
"""Nobody is asked to approve: what is reviewed are the files."""
SIGNS = {"add": "+", "change": "~", "disable": "-", "enable": "~", "release": "-"}
Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="YAML files of one set, or folders of them.")]
Prune = Annotated[bool, typer.Option("--prune", help="Disable what the set managed and no file of it names any more.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]
Set = Annotated[str, typer.Option("--set", metavar="NAME", help="The set that the file is to be of.")]
Kind = Annotated[list[str] | None, typer.Option("--kind", metavar="KIND", help="Only these; repeat it.")]
To = Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Write to this new file.")]


async def _note(tx: Writer, set_name: str, event: str, **facts: Any) -> None:
    """Like `note`, which takes what the entry is about from its details: columns of an entry are among them here."""
    customer, _ = facts.pop("customer_id", None), facts.pop("client_id", None)
    whose = {} if customer is None else {"customer": customer}
    await note(tx, event, **facts, **whose, file=set_name)


class _Undo(Exception):
    """Ends the transaction without writing."""


def add_files(app: typer.Typer) -> None:
    verb(app, "export", "Print customers, APIs, accounts, tenants, applications, products and branding as YAML.")(
        export
    )
    verb(app, "plan", "Show what files would change, and what that means for programs; nothing is written.")(plan)
    verb(app, "apply", "Show what files change, ask, and write all of it or nothing.")(apply)
    verb(app, "drift", "Exit with 1 where the server is not as the files say, and show it.")(drift)
    verb(app, "schema", "Print the JSON Schema of such files, for editors.")(schema)


def export(set_name: Set = "default", kind: Kind = None, to: To = None, as_json: AsJson = False) -> None:
    wrong = sorted(set(kind or ()) - KINDS_OF_EXPORT)
    if wrong:
        fail(f"{', '.join(wrong)}: a kind is one of {', '.join(sorted(KINDS_OF_EXPORT))}", USAGE)
    words = frozenset(kind or KINDS_OF_EXPORT)
    try:
        found = with_database(lambda db: exported(db, set_name, words))
    except BadDocument as error:
        _refuse(error.problems)
    text = json.dumps(found) + "\n" if as_json else as_yaml(found)
    if to is None:
        typer.echo(text, nl=False)
        return
    try:
        with to.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        fail(f"{to} exists and stays as it is: name a new file")
    except OSError as error:
        fail(f"{to} can't be written: {error.strerror}")


def plan(files: Files, prune: Prune = False, as_json: AsJson = False) -> None:
    _show(_planned(_read(files), prune), as_json)


def apply(files: Files, prune: Prune = False, yes: Yes = False, as_json: AsJson = False) -> None:
    document = _read(files)
    shown = _planned(document, prune)
    if not as_json or not yes:
        _show(shown, False)
    if shown.changes_nothing and not shown.taken:
        _said(shown, as_json)
        return
    if not yes and not typer.confirm("Write this?"):
        fail("nothing was written")
    _said(_run(document, prune, shown), as_json)


def drift(files: Files, as_json: AsJson = False) -> None:
    found = _planned(_read(files), prune=False)
    _show(found, as_json)
    if not found.changes_nothing:
        raise typer.Exit(REFUSED)


def schema(as_json: AsJson = False) -> None:
    """It is JSON in any case; with `--json` on one line."""
    typer.echo(json.dumps(json_schema(), indent=None if as_json else 2))


def _read(paths: list[Path]) -> Document:
    files = [one for path in paths for one in (sorted(path.glob("*.y*ml")) if path.is_dir() else [path])]
    if not files:
        fail("there is no YAML file", USAGE)
    if len(files) > MOST_FILES:
        fail(f"there are more than {MOST_FILES} files: divide them into sets", USAGE)
    try:
        return merged([(str(one), read_document(str(one), read_yaml(one))) for one in files])
    except BadYaml as error:
        fail(str(error), USAGE)
    except BadDocument as error:
        _refuse(error.problems, USAGE)


def _refuse(problems: list[str], code: int = REFUSED) -> NoReturn:
    for one in problems:
        typer.echo(f"hoistway: {one}", err=True)
    fail("nothing was written", code)


def _planned(document: Document, prune: bool) -> Plan:
    return _run(document, prune, None)


def _run(document: Document, prune: bool, shown: Plan | None) -> Plan:
    """Without a plan that was `shown`, all is undone at the end. Otherwise it is written, if it is still the same."""
    settings = read_settings()
    try:
        secrets = resolve(one for app in document.applications for one in app.secrets)
    except BadReference as error:
        fail(str(error), USAGE)
    keyless = with_database(lambda db: look_for_keyless(db, clock.now(), at_once=not document.products))
    done: list[Plan] = []

    async def work(tx: Writer, eraser: Eraser) -> None:
        hand = Hand(tx, BY, False, clock.now(), partial(_note, tx, document.set), eraser)
        world = World(hand, document.set, settings, secrets, keyless)
        found = await Applying(world, document, prune=prune).run()
        done.append(found)
        if shown is None:
            raise _Undo
        if found != shown:
            fail("something changed since the plan was shown, so nothing was written: look at it again")

    async def run(db: Database) -> None:
        eraser = await open_eraser(db, open_vault(settings))
        async with db.write() as tx:
            await take_turn(tx)
            await work(tx, eraser)

    try:
        with suppress(_Undo):
            with_database(run)
    except Refused as error:
        _refuse(error.problems)
    return done[0]


def _show(plan: Plan, as_json: bool) -> None:
    if as_json:
        _said(plan, True)
        return
    for step in plan.steps:
        for line in _lines(step):
            typer.echo(line)
    for word, key in plan.left:
        typer.echo(f"? {word} {key}: no file of the set names it any more; it stays, --prune disables it")
    if plan.taken:
        typer.echo(f"files manage {plan.taken} more")
    counts = ", ".join(f"{plan.count(act)} {words}" for act, words in _COUNTED if plan.count(act))
    typer.echo(f"{counts or 'nothing to change'}; {plan.unchanged} as the files say")


_COUNTED = (
    ("add", "to add"),
    ("change", "to change"),
    ("enable", "to enable"),
    ("disable", "to disable"),
    ("release", "to release"),
)


def _lines(step: Step) -> list[str]:
    called = f" ({step.name})" if step.name not in {step.id, ""} else ""
    lines = [f"{SIGNS[step.act]} {step.kind} {step.id}{called}: {step.act}"]
    for one in step.changes:
        before, after = one.before.splitlines(), one.after.splitlines()
        lines += [f"    {one.member}: - {line}" for line in before if line not in after]
        lines += [f"    {one.member}: + {line}" for line in after if line not in before]
    return lines + [f"    means: {words}" for words in step.means]


def _said(plan: Plan, as_json: bool) -> None:
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "steps": [asdict(one) for one in plan.steps],
                    "unchanged": plan.unchanged,
                    "taken": plan.taken,
                    "left": plan.left,
                },
                default=asdict,
            )
        )
    else:
        typer.echo(f"written: {len(plan.steps)} changes" if plan.steps else "nothing was to be written")
