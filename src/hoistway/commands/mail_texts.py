"""hoistway mail: the sentences of mails, and an operator's own words for them."""

from pathlib import Path
from typing import Annotated

import typer

from hoistway.commands.context import USAGE, AsJson, fail, known_environment, show_one
from hoistway.commands.nouns import noun, verb
from hoistway.environment import LOCAL
from hoistway.mail.texts import BadTexts, own_texts, read_texts, written
from hoistway.web.words import Lang

MAIL = noun("What mails say.")


def _folder(given: Path | None) -> Path | None:
    said = known_environment().mail_texts
    return given or (None if said is None else Path(said))


@verb(
    MAIL,
    "texts",
    "Print all sentences of one language, with your own words where there are some, as a file that can be changed.",
)
def texts(language: Annotated[str, typer.Option(help="en or de.")] = "en", as_json: AsJson = False) -> None:
    if language not in {"en", "de"}:
        fail("--language must be en or de", USAGE)
    lang: Lang = "de" if language == "de" else "en"
    folder, base_url = _folder(None), (known_environment().base_url or LOCAL).rstrip("/")
    try:
        said = {} if folder is None else read_texts(folder, base_url).get(lang, {})
    except BadTexts as error:
        fail(str(error))
    if as_json:
        show_one({**own_texts(lang), **said}, as_json)
        return
    for line in written({**own_texts(lang), **said}):
        typer.echo(line)


@verb(MAIL, "check-texts", "Read a folder of your own words for mails, and say which sentence can't be used and why.")
def check(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="HOISTWAY_MAIL_TEXTS without it.", file_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    place = _folder(folder)
    if place is None:
        fail("name a folder, or set HOISTWAY_MAIL_TEXTS", USAGE)
    try:
        said = read_texts(place, (known_environment().base_url or LOCAL).rstrip("/"))
    except BadTexts as error:
        fail(str(error))
    show_one({"folder": str(place), **{lang: len(said.get(lang, {})) for lang in ("en", "de")}}, as_json)
