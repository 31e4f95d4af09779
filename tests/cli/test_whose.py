"""What commands do to a customer's things is in the customer's part of the audit trail."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hoistway.store.db import Reader
from hoistway.store.open import open_database
from tests.attacks.overtaken import World, everything
from tests.attacks.test_overtaken import furnished
from tests.cli.names import name_server
from tests.cli.running import answer, point_at
from tests.engines import EngineName, drop_database, fresh_database
from tests.factors import give_all
from tests.server import change
from tests.test_events import SOURCES
from tests.whose import OWN, missed

ACTS = (
    "customer add c-new --name Another",
    "customer disable c-b",
    "customer enable c-b",
    "customer second-factor c-a --of administrators",
    "user add new@example.com --name New --customer c-a",
    "user join ann@example.com --customer c-a --role administrator",
    "user leave few@example.com --customer c-a",
    "user invite guest2@example.com --customer c-a",
    "user disable u-ann",
    "user enable u-ann",
    "user unlock u-ann",
    "user reset-password u-ann",
    "user reset-factors u-ann --reason LongEnough",
    "user disable u-both",
    "user import PEOPLE",
    "service-account add svc-new --customer c-a",
    "service-account disable sa-a",
    "service-account enable sa-a",
    "service-account reset-password sa-a",
    "service-account unlock sa-a",
    "service-account add-password sa-a",
    "service-account end-password sa-a second",
    "service-account limit sa-a 192.0.2.0/24",
    "service-account import ACCOUNTS",
    "app add --name Ours --type web --redirect-uri https://a.example/back --customer c-a --client-id ours",
    "app secret add ours",
    "app secret remove ours SECRET",
    "app disable ours",
    "app enable ours",
    "app flows ours authorization_code",
    "app logout ours https://a.example/ended",
    "app add --name Feed --type daemon --customer c-a --client-id feed --service-account sa-a",
    "app bind feed sa-a",
    "app allow ours implicit --reason Old --ends 2099-01-01",
    "app give ours c-b",
    "subscription add c-a p-auto --name Ours",
    "subscription regenerate s-live primary",
    "subscription suspend s-live",
    "subscription resume s-live",
    "subscription approve s-wait",
    "subscription cancel s-live",
    "provider add --customer c-a --name Acme --issuer https://acme.example --client-id us --auth private_key_jwt",
    "provider domain add p-off acme.example",
    "provider domain prove p-off acme.example --server SERVER",
    "provider domain remove p-off acme.example",
    "provider enable p-off",
    "provider disable p-off",
    "provider secret p-off",
    "provider remove p-off",
    "scim token add c-a",
    "scim token revoke c-a t-a",
    "unit add US-new --site c-a-s1 --customer c-a",
    "unit grant US-new --customer c-b --role manager",
    "unit revoke US-new --customer c-b",
    "unit disable US-new",
    "unit enable US-new",
)
READS = {"provider secret p-off": "another secret\n"}
"""What a command reads from standard input."""


@pytest.fixture
def database(engine_name: EngineName, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    url = fresh_database(engine_name, furnished)
    change(url, lambda tx: give_all(tx, "ann"))
    point_at(monkeypatch, url, "https://id.example.com")
    monkeypatch.setenv("HOISTWAY_SMTP_URL", "smtp://127.0.0.1:9")
    monkeypatch.setenv("HOISTWAY_MAIL_FROM", "id@example.com")
    yield url
    drop_database(url)


def world_of(url: str) -> World:
    async def work() -> World:
        db = await open_database(url)
        reader: Reader = db
        found = await everything(reader)
        await db.close()
        return found

    return asyncio.run(work())


def test_each_command_says_whose_thing_it_changed(database: str, tmp_path: Path) -> None:
    people, accounts = tmp_path / "people.jsonl", tmp_path / "accounts.jsonl"
    person = {"username": "brought@example.com", "name": "Brought", "customer_id": "c-a"}
    people.write_text(json.dumps(person))
    accounts.write_text(json.dumps({"username": "svc-brought", "name": "Brought", "customer_id": "c-a"}))
    words, records = {"PEOPLE": str(people), "ACCOUNTS": str(accounts)}, dict[str, list[str]]()
    wrong, written = list[str](), set[str]()
    with name_server(records) as words["SERVER"]:
        for line in ACTS:
            before = world_of(database)
            said = answer(*(words.get(word, word) for word in line.split()), input=READS.get(line))
            after = world_of(database)
            if line == "app secret add ours":
                words["SECRET"] = said["id"]
            elif line.startswith("provider domain add"):
                records[said["record"]] = [said["proof"]]
            wrong += [f"{line}: {one}" for one in missed(before, after)]
            if line.startswith("app give"):
                told = {row[5] for key, row in after["audit"].items() if key not in before["audit"]}
                assert told == {"c-a", "c-b"}, "both have the entry"
            written |= {str(row[2]) for key, row in after["audit"].items() if key not in before["audit"]}
    assert wrong == []
    assert {event for event in noted() if event.startswith(OWN)} - written == set()


def noted() -> set[str]:
    """The events that commands name."""
    texts = (path.read_text(encoding="utf-8") for path in (SOURCES / "commands").rglob("*.py"))
    return {event for text in texts for event in re.findall(r'note\(\s*tx,\s*"([a-z_.]+)"', text)}
