"""A world that moved in: from an empty database, by the commands of docs/migrate/b2c.md, with passwords proven at the system it came from.

Its people and technical accounts are called as those of tests/world, and have their password at the older system.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hoistway import clock as real_clock
from hoistway.store.migrate import migrate
from tests import world
from tests.carrying.old import CLIENT, SCOPE, Old, old_system
from tests.certificate import Certificate, make_certificate
from tests.cli.running import answer, point_at, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.imports.graph import DOMAIN, MAPPING, TENANT, local, mapping, oid, page, user, written
from tests.imports.test_b2c_applications import GRANT, api, application, asks
from tests.server import Clock, Served, populate, serving
from tests.world import HOME, PASSWORD, SECRET, TENANT_NAME

API_URI = f"https://{DOMAIN}/prod/api"
SCOPES = ("units.read", "profile.read")
UNITS = 10
PEOPLE = {"ann": "4711", "bob": "4712"}
DAEMONS = {"daemon-a": "4711", "daemon-b": "4712"}


@dataclass(frozen=True)
class Base:
    """What a program is configured with, and calls the API with: `id` of an application and `subject` of a person by their words here,
    `key` of an API Management product where there is one."""

    served: Served
    certificate: Certificate
    tenant: str
    tenant_id: str
    api_uri: str
    id: Callable[[str], str]
    subject: Callable[[str], str]
    secrets: Mapping[str, str]
    key: str = ""

    @property
    def ropc(self) -> str:
        return f"{self.served.url}/{self.tenant}/B2C_1_ROPC/oauth2/v2.0/token"

    def token(self, **form: str) -> httpx2.Response:
        """Of the policy for the password grant."""
        return httpx2.post(self.ropc, data=form, verify=self.served.trust, timeout=60)

    def units(self, token: str) -> list[Any]:
        headers = {"authorization": f"Bearer {token}", "ocp-apim-subscription-key": self.key}
        sent = {name: value for name, value in headers.items() if value}
        reply = httpx2.get(f"{self.served.url}/api/v1/units", headers=sent, verify=self.served.trust, timeout=30)
        assert reply.status_code == 200, reply.text
        items: list[Any] = reply.json()["items"]
        return items


def exported(folder: Path, home: str, daemons: Mapping[str, str]) -> Path:
    """As the Graph gave it: people, technical accounts, the Customer API and its programs."""
    people = [
        user(name, local(f"{name}@example.com"), attributes={"CustomerNumber": number})
        for name, number in PEOPLE.items()
    ]
    people += [
        user(name, local(name, "userName"), attributes={"CustomerNumber": number, "AccountType": "technical"})
        for name, number in daemons.items()
    ]
    here = {"redirectUris": [f"{home}callback"]}
    secret = [{"hint": "abc", "endDateTime": "2030-01-01T00:00:00Z"}]
    wanted = {"requiredResourceAccess": asks("prod/api", *SCOPES)}
    programs = [
        api("prod/api", *SCOPES),
        application("ropc", isFallbackPublicClient=True, **wanted),
        application("spa", spa=here, **wanted),
        application("web", web=here, passwordCredentials=secret, **wanted),
        application("daemon", passwordCredentials=secret, **wanted),
    ]
    written(folder, "users.json", page(people))
    return written(folder, "applications.json", page(programs, of="applications"))


def move_in(folder: Path, home: str, daemons: Mapping[str, str]) -> dict[str, str]:
    """The commands, in the order of the guide; returns the secrets that were made and the key."""
    each = f"  each:\n    {oid('daemon')}: {{type: daemon, account: {next(iter(daemons))}}}\n"
    files = exported(folder / "export", home, daemons)
    answer("setup", "--operator", "olga@example.com", "--customer", "c-a", "--api-uri", API_URI)
    answer("customer", "add", "c-b", "--name", "Second")
    said = answer("import", "b2c", str(files), "--mapping", mapping(folder, MAPPING + GRANT + each))
    assert (said["left_out"], said["applications"]) == (0, 4), said
    assert said["people"] + said["technical_accounts"] == said["to_carry"] == len(PEOPLE) + len(daemons)
    answer("site", "add", "s-1", "--name", "First", "--country", "US")
    rows = folder / "units.jsonl"
    rows.write_text("".join(json.dumps({"unit_id": f"US-{n}", "site_id": "s-1"}) + "\n" for n in range(UNITS)))
    answer("unit", "import", str(rows), "--customer", "c-a")
    secrets = {word: str(answer("app", "secret", "add", oid(word))["client_secret"]) for word in ("web", "daemon")}
    answer("product", "add", "gold", "--name", "Gold", "--description", "Everything.", "--api", "customer-api", "--now")
    made = answer("subscription", "add", "c-a", "gold", "--name", "Nightly")
    return {**secrets, "key": made["primary_key"]}


@contextmanager
def imported(
    url: str, folder: Path, clock: Callable[[], int], *, home: str = HOME, daemons: Mapping[str, str] = DAEMONS
) -> Iterator[tuple[Old, Mapping[str, str]]]:
    """Into an empty database, connected to the system it came from; commands go on to be about it. Gives that system, and what
    `move_in` made."""
    with old_system() as old, pytest.MonkeyPatch.context() as patch:
        old.people |= {f"{name}@example.com": (PASSWORD, oid(name)) for name in PEOPLE}
        old.people |= {name: (PASSWORD, oid(name)) for name in daemons}
        patch.setattr(real_clock, "now", clock)
        patch.setenv("HOISTWAY_FETCH_LOOPBACK", "true")
        point_at(patch, url, "https://127.0.0.1")
        made = move_in(folder, home, daemons)
        connected = {"--old-token-endpoint": old.url, "--old-client-id": CLIENT, "--old-scope": SCOPE}
        options = [part for pair in connected.items() for part in pair]
        run("tenant", "connect", DOMAIN, *options, "--until", "2099-06-30", "--wrong-per-account", "3")
        yield old, made


@contextmanager
def moved_in(engine: EngineName, folder: Path, *, home: str = HOME) -> Iterator[Base]:
    """Served over https, with a certificate of its own authority that nobody else trusts."""
    url, clock, certificate = fresh_database(engine, migrate), Clock(), make_certificate(folder)
    with (
        imported(url, folder, clock, home=home) as (_old, made),
        serving(url, home=home, now=clock, certificate=certificate, outbound_loopback=True) as served,
    ):
        yield Base(served, certificate, DOMAIN, TENANT, API_URI, oid, oid, made, made["key"])
    drop_database(url)


@contextmanager
def demonstrated(engine: EngineName, folder: Path) -> Iterator[Base]:
    """The world of tests/world over https, for the same programs."""
    url, certificate = fresh_database(engine, populate), make_certificate(folder)
    secrets = dict.fromkeys(("web", "daemon"), SECRET)
    with serving(url, certificate=certificate) as served:
        yield Base(served, certificate, TENANT_NAME, world.TENANT, world.API_URI, str, "u-{}".format, secrets)
    drop_database(url)
