"""The commands of docs/migrate/README.md run as they stand there; its links and pages are there."""

import json
import re
from pathlib import Path

import pytest

from hoistway.console.addresses import ADDRESSES
from tests.attacks.asking import parts_of, password
from tests.cli.running import answer, manage
from tests.docs.test_migrate import shell
from tests.engines import drop_database, fresh_database
from tests.server import populate, serving
from tests.world import API_URI, SECRET, TENANT_NAME

TEXT = (Path(__file__).parent.parent.parent / "docs" / "migrate" / "README.md").read_text(encoding="utf-8")
EVENING, WHO, MOVE, ASK = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_the_evening_and_the_end_of_the_road(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = fresh_database("sqlite", populate)
    with serving(database) as served:
        manage(monkeypatch, served)
        before = password(served, "daemon-a", scope=API_URI).json()["access_token"]
        shell(EVENING, tmp_path, TENANT=TENANT_NAME)
        shell(WHO, tmp_path)
        add, secret = MOVE.splitlines()
        shell(add, tmp_path, NAME="Night", CUSTOMER="c-a", ACCOUNT="daemon-a")
        shell(secret, tmp_path, CLIENT="daemon")
        (made,) = [one for one in answer("app", "list") if one["name"] == "Night"]
        assert made["service_account_id"] == "sa-a"
        said = shell(ASK.replace("https://HOST", served.url), tmp_path, CLIENT="daemon", SECRET=SECRET)
        was, now = parts_of(before)[1], parts_of(json.loads(said)["access_token"])[1]
        assert (was["sub"], was["customer"]) == (now["sub"], now["customer"])
    drop_database(database)


def test_each_page_of_the_console_that_it_names_is_there() -> None:
    known = {address[0] for address in ADDRESSES}
    for page in re.findall(r"`(/console/[^`]*)`", TEXT):
        assert any(page.partition("/ID")[0] in one for one in known), page
