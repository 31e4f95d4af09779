"""The settings file of a replay: which secrets requests get, which hosts belong together, what may differ."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from hoistway.replay.recorded import is_sendable

EXAMPLE: Final = """\
# Secrets, by a name of your own. Each is read from the environment or from a file, never from here.
secrets:
  daemon: env:DAEMON_PASSWORD
  key: file:/run/secrets/subscription-key
# Which recorded requests get which: a form field, or a header, of requests that match.
fill:
  - {field: password, where: {username: daemon@example.com}, secret: daemon}
  - {header: ocp-apim-subscription-key, path: /api/, secret: key}
# Access logs hold no tokens. Each program here gets its own from both systems, and its paths are sent with it.
programs:
  - name: daemon
    token: /contoso.onmicrosoft.com/B2C_1_ROPC/oauth2/v2.0/token
    form:
      grant_type: password
      username: daemon@example.com
      password: {secret: daemon}
      client_id: 00000000-0000-0000-0000-000000000001
      scope: https://contoso.onmicrosoft.com/production/api
    paths: [/api/]
# Hosts of the log that are not --old and --new themselves.
hosts:
  api.example.com: {old: https://api.example.com, new: https://lifts.example.com}
# Paths that are named differently on the new side.
paths:
  /production/api/v1/: /api/v1/
# What may differ: a kind of request (or a path) and a member of the answer; * stands for any part of it.
ignore:
  - {kind: api, at: "items[].lastService"}
"""
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
_REFERENCE: Final = re.compile(r"(env|file):(.+)")
_MOST_SECRET: Final = 16 * 1024


class BadSettings(Exception):
    """The text says what is wrong, and what to do."""


class Fill(Struct, frozen=True, forbid_unknown_fields=True):
    secret: str
    field: str | None = None
    header: str | None = None
    where: dict[str, str] = {}
    path: str = "/"


class Program(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    token: str
    form: dict[str, Any]
    paths: list[str]
    member: Literal["access_token", "id_token"] = "access_token"
    host: str | None = None


class Pair(Struct, frozen=True, forbid_unknown_fields=True):
    old: str
    new: str


class Ignore(Struct, frozen=True, forbid_unknown_fields=True):
    at: str
    kind: str = "*"
    path: str = "*"


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says. The defaults are what counts without one."""

    secrets: dict[str, str] = {}
    fill: list[Fill] = []
    programs: list[Program] = []
    hosts: dict[str, Pair] = {}
    paths: dict[str, str] = {}
    ignore: list[Ignore] = []


def read_plan(document: Any) -> Plan:
    """Raises BadSettings."""
    try:
        plan = msgspec.convert(document if document is not None else {}, Plan)
    except msgspec.ValidationError as error:
        raise BadSettings(str(error)) from None
    for fill in plan.fill:
        if (fill.field is None) == (fill.header is None):
            raise BadSettings("each line of fill names one of field and header")
        if fill.header is not None and not _HEADER.fullmatch(fill.header):
            raise BadSettings("a header's name has letters, digits and dashes")
        _check_known(plan, fill.secret)
    for pair in plan.hosts.values():
        check_url(pair.old)
        check_url(pair.new)
    for program in plan.programs:
        for value in program.form.values():
            if isinstance(value, dict):
                _check_known(plan, str(value.get("secret")))
    return plan


def _check_known(plan: Plan, name: str) -> None:
    if name not in plan.secrets:
        raise BadSettings(f"the secret {name} is named, but does not stand under secrets")


def check_url(url: str) -> str:
    """Without a slash at its end. Raises BadSettings."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadSettings(f"{url} is no address") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or port == 0:
        raise BadSettings(f"{url} must be an address such as https://login.example.com")
    if parts.username is not None or parts.password is not None:
        raise BadSettings("an address holds no user name and no password")
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise BadSettings(f"{url}: secrets are sent there, so it must begin with https://")
    return url.rstrip("/")


def resolve(plan: Plan, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The secrets by name. Raises BadSettings, which names none of their letters."""
    found = {name: _read(name, reference, environ) for name, reference in plan.secrets.items()}
    headers = {fill.secret for fill in plan.fill if fill.header is not None}
    for name in sorted(headers):
        if not is_sendable(found[name]):
            raise BadSettings(f"the secret {name} holds letters that a header can't carry")
    return found


def _read(name: str, reference: str, environ: Mapping[str, str]) -> str:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise BadSettings(f"the secret {name} must be a reference: env:NAME or file:PATH")
    if found[1] == "env":
        if not (value := environ.get(found[2])):
            raise BadSettings(f"the secret {name} needs the variable {found[2]}, which is not set")
        return value
    try:
        with Path(found[2]).open("rb") as file:
            read = file.read(_MOST_SECRET + 1)
        if len(read) > _MOST_SECRET:
            raise BadSettings(f"the secret {name}: {found[2]} has more than {_MOST_SECRET >> 10} kB")
        return read.decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise BadSettings(f"the secret {name}: {found[2]} can't be read: {cause}") from None
