"""The demonstration's program: what demo.json names as `clients.manager` may do everything, and still does after another start."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from hoistway import clock
from hoistway.demo.keeping import keep_demo
from hoistway.protocol.ids import ClientId
from hoistway.protocol.manage_scopes import SCOPES
from hoistway.settings import Settings
from hoistway.store.clients import find_client, put_client
from hoistway.store.open import open_database
from hoistway.tokens.keyring import rotate_due
from hoistway.tokens.vault import Vault
from tests.server import MASTER_KEY, change, serving


async def with_keys(database: str) -> None:
    db = await open_database(database)
    await rotate_due(db, Vault(MASTER_KEY), clock.now(), lifetime=10**8, lead=10)
    await db.close()


def started(database: str, folder: Path, url: str) -> dict[str, str]:
    keep_demo(Settings(url, database, MASTER_KEY), folder)
    asyncio.run(with_keys(database))
    described: dict[str, Any] = msgspec.json.decode((folder / "demo.json").read_bytes())
    found: dict[str, str] = described["clients"]["manager"]
    return found


def test_the_program_of_the_demonstration(migrated_url: str, tmp_path: Path) -> None:
    first = started(migrated_url, tmp_path, "http://127.0.0.1:1")
    with serving(migrated_url) as served:
        again = started(migrated_url, tmp_path, served.url)
        assert again == first
        assert set(first["scope"].split()) == set(SCOPES)
        form = {name: first[name] for name in ("client_id", "client_secret", "scope")}
        answer = httpx2.post(f"{served.url}/oauth2/token", data={**form, "grant_type": "client_credentials"}).json()
        assert answer["scope"] == first["scope"]
        bearer = {"authorization": f"Bearer {answer['access_token']}"}
        customers = httpx2.get(f"{served.url}/manage/v1/customers", headers=bearer).json()["items"]
        assert "c-1001" in {one["id"] for one in customers}


def test_a_program_of_an_older_demonstration_gets_the_scopes_of_this_version(migrated_url: str, tmp_path: Path) -> None:
    first = started(migrated_url, tmp_path, "http://127.0.0.1:1")
    file = tmp_path / "demo.json"
    described: dict[str, Any] = msgspec.json.decode(file.read_bytes())
    described["clients"]["manager"]["scope"] = "manage.customers.read"
    file.write_bytes(msgspec.json.encode(described))

    async def older(tx: Any) -> None:
        row = await find_client(tx, ClientId(first["client_id"]))
        assert row is not None
        await put_client(tx, msgspec.structs.replace(row, scopes=("manage.customers.read",)), frozenset())

    change(migrated_url, older)
    assert started(migrated_url, tmp_path, "http://127.0.0.1:1") == first
