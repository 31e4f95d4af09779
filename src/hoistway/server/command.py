"""The command `hoistway serve`, apart from the others, because what this module imports stays in the memory of every
worker.

Therefore the standard library reads its options (https://docs.python.org/3/library/argparse.html): typer costs 13 MB
and 0.15 s.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from msgspec.structs import replace

from hoistway import clock
from hoistway.demo.keeping import NotOurWorld, greeting, keep_demo
from hoistway.environment import WrongSettings, fixed_part, read_environment_file, settings_from
from hoistway.exits import EXIT_CODES, UNAVAILABLE, USAGE
from hoistway.on_disk import why_not_written
from hoistway.protocol.numbers import read_whole
from hoistway.server.certificate import odd_times
from hoistway.server.door import folders
from hoistway.server.handing import Tried, own_command, take_handed, take_trial
from hoistway.server.listening import CannotServe, Listen
from hoistway.server.metrics.watching import try_address
from hoistway.server.parent import Again, keep
from hoistway.server.preparing import prepare, try_database, try_engine
from hoistway.server.trial import WARNS, WOULD
from hoistway.server.worker import make_server
from hoistway.settings import PREFIX, Settings, warn_of_variables
from hoistway.store.apart import is_current
from hoistway.store.causes import sentence_of
from hoistway.store.db import DatabaseUnavailable
from hoistway.store.open import DriverMissing
from hoistway.tokens.vault import WrongMasterKey, keep_master_key

SERVE_HELP = "Serve. Production reads HOISTWAY_… settings; --demo makes everything it needs in --data."


def _between(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = read_whole(text, least, most)
        if number is None:
            raise argparse.ArgumentTypeError(f"give a number from {least} to {most}")
        return number

    return read


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser("hoistway serve", description=SERVE_HELP, epilog=EXIT_CODES, allow_abbrev=False)
    option = made.add_argument
    option("--host", metavar="ADDRESS", default="127.0.0.1", help="Address to listen on. [%(default)s]")
    option("--port", type=_between(1, 65535), default=8080, metavar="N", help="Port to listen on. [%(default)s]")
    option("--workers", type=_between(1, 64), default=1, metavar="N", help="Processes that answer. [%(default)s]")
    option("--data", type=Path, default="data", metavar="FOLDER", help="Folder of the demonstration. [%(default)s]")
    option("--database", metavar="URL", help="sqlite:///FILE or postgresql://…")
    option("--tls-cert", type=Path, metavar="FILE", help="Certificate chain, PEM.")
    option("--tls-key", type=Path, metavar="FILE", help="Its private key, PEM.")
    option("--environment", type=Path, metavar="FILE", help="Settings HOISTWAY_…, read at each reload.")
    option("--demo", action="store_true", help="Make and keep a demonstration world.")
    option("--json", action="store_true", help="Print JSON for programs.")
    return made


def refuse(message: str, code: int) -> NoReturn:
    """Prints the reason on standard error and exits."""
    sys.stderr.write(f"hoistway: {message}\n")
    raise SystemExit(code)


def _demo_settings(folder: Path, listen: Listen, database: str | None, environ: Mapping[str, str]) -> Settings:
    """Those of the environment, except database and master key: a demonstration must never touch what production uses.
    Raises WrongSettings."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(listen.host, listen.host)  # noqa: S104  compared, not bound
    scheme = "https" if listen.tls_cert is not None else "http"
    key = folder / "master.key"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        keep_master_key(key)
    except OSError as error:
        raise WrongSettings(_no_data(error)) from error
    own = {"HOISTWAY_MASTER_KEY_FILE": str(key), "HOISTWAY_MASTER_KEY": "", "HOISTWAY_DATABASE_REPLICA": ""}
    own["HOISTWAY_STAFF_FACTORS"] = "false"
    said = {name: value for name, value in environ.items() if value.strip()}
    environ = {"HOISTWAY_BASE_URL": f"{scheme}://{host}:{listen.port}", **said, **own}
    # Whoever lets others of their network in gets the address of this machine there, without a certificate.
    strict = "HOISTWAY_BASE_URL" in said
    settings = settings_from(environ, strict=strict, database=database or f"sqlite:///{folder.resolve()}/hoistway.db")
    return replace(settings, demonstration=True)


def prepare_database(settings: Settings) -> list[str]:
    """Returns warnings about the database, in words."""
    try:
        return prepare(settings)
    except (DatabaseUnavailable, OSError) as error:
        refuse(sentence_of(error, settings.database), UNAVAILABLE)
    except (DriverMissing, WrongMasterKey, ValueError) as error:
        refuse(str(error), USAGE)


def _no_data(error: OSError) -> str:
    return f"--data: {error.filename}: {error.strerror}. Choose a folder that is yours to write."


def _demo_text(settings: Settings, folder: Path) -> str:
    try:
        return greeting(settings, keep_demo(settings, folder))
    except DatabaseUnavailable as error:
        refuse(sentence_of(error, settings.database), UNAVAILABLE)
    except NotOurWorld as error:
        refuse(str(error), USAGE)
    except OSError as error:
        refuse(_no_data(error), USAGE)


def _ready_text(settings: Settings, data: Path, demo: bool, as_json: bool) -> str:
    """The text that is printed when the server answers."""
    text = _demo_text(settings, data) if demo else f"Hoistway serves {settings.base_url}\n"
    if not as_json:
        return text
    file = str((data / "demo.json").resolve()) if demo else None
    return json.dumps({"base_url": settings.base_url, "sign_in_url": f"{settings.base_url}/", "demo_file": file})


def _warn(sentences: Sequence[str]) -> None:
    for sentence in sentences:
        sys.stderr.write(f"{WARNS}{sentence}\n")


def _settings(asked: argparse.Namespace, listen: Listen, environ: Mapping[str, str]) -> Settings:
    """Raises WrongSettings."""
    if asked.demo:
        settings = _demo_settings(asked.data, listen, asked.database, environ)
    else:
        settings = settings_from(environ, production=True, database=asked.database)
    archive = settings.audit_archive
    if archive is not None and (wrong := why_not_written(Path(archive))) is not None:
        raise WrongSettings(f"HOISTWAY_AUDIT_ARCHIVE: {wrong}")
    return settings


def _environ(file: Path | None) -> Mapping[str, str]:
    """Where there is a file, all settings come from it, because the environment with which a process was started can't
    change. Raises WrongSettings."""
    if file is None:
        return os.environ
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return others | read_environment_file(file)


def _try(settings: Settings, listen: Listen, tried: Tried) -> int:
    """Goes as far as a worker would. Raises what a start raises."""
    if fixed_part(settings) != tried.fixed:
        raise WrongSettings(
            "HOISTWAY_BASE_URL and the database can't change by a reload, because workers would contradict each other "
            "meanwhile: stop the server and start it"
        )
    own = tried.metrics_port
    try_address(settings, listen, held=own is None or (settings.metrics is not None and settings.metrics.port == own))
    make_server(settings, listen)
    if tried.changes:
        prepare_database(settings)
    try:
        if asyncio.run(is_current(settings.database)):
            asyncio.run(try_engine(settings))
        else:
            # As far as it goes without a change.
            asyncio.run(try_database(settings))
            sys.stdout.write(f"{WOULD}upgrade the schema of the database\n")
    except (DatabaseUnavailable, OSError) as error:
        refuse(sentence_of(error, settings.database), UNAVAILABLE)
    return 0


def _say(text: str) -> None:
    """Nobody needs to listen: whoever started the server may have closed its standard output."""
    try:
        print(text, flush=True)
    except OSError:
        # What could not be written is written again when the program ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def serve(words: Sequence[str]) -> int:
    """Returns the exit code; raises SystemExit where the server can't start."""
    if sys.stdout is None:
        # It was closed before the start; else a socket would get its number.
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  until the end
    handed, tried = take_handed(os.environ), take_trial(os.environ)
    asked = parser().parse_args(words)
    if (asked.tls_cert is None) != (asked.tls_key is None):
        refuse("--tls-cert and --tls-key go together", USAGE)
    listen = Listen(asked.host, asked.port, asked.workers, asked.tls_cert, asked.tls_key)

    def read() -> Settings:
        return _settings(asked, listen, _environ(asked.environment))

    try:
        if handed is not None:
            # The trial has prepared everything. From here on failures are logged, because workers are running.
            return keep(read, listen, lambda: None, Again(own_command(), handed.fixed, (), handed))
        environ = _environ(asked.environment)
        if tried is not None:
            # First, because a wrong name may be why a setting is missing.
            _warn([*warn_of_variables(environ), *odd_times(listen.tls_cert, clock.now())])
            return _try(_settings(asked, listen, environ), listen, tried)
        settings = _settings(asked, listen, environ)
        times = odd_times(listen.tls_cert, clock.now())
        _warn([*warn_of_variables(environ), *times, *prepare_database(settings)])
        text = _ready_text(settings, asked.data, asked.demo, asked.json)
        doors = folders(asked.data if asked.demo else None, settings.database, os.environ)
        again = Again(own_command(), fixed_part(settings), doors)
        return keep(read, listen, lambda: _say(text), again)
    except (WrongSettings, CannotServe) as error:
        refuse(str(error), USAGE)


def main() -> None:
    sys.exit(serve(sys.argv[2:]))
