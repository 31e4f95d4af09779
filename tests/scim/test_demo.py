"""The demonstration's directory: what demo.json names as `scim` works over HTTP, and still does after another start."""

from importlib import import_module
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from hoistway import clock
from hoistway.authn.client import secret_digest
from hoistway.demo.directory import DOMAIN
from hoistway.demo.keeping import keep_demo
from hoistway.protocol.ids import CustomerId
from hoistway.settings import Settings
from hoistway.store.scim_tokens import find_scim_token, remove_scim_token
from hoistway.store.users import find_user_by_name
from tests.scim.directory import read
from tests.server import MASTER_KEY, change, serving

FIRST = CustomerId("c-1001")


def started(database: str, folder: Path, url: str) -> dict[str, Any]:
    keep_demo(Settings(url, database, MASTER_KEY), folder)
    described: dict[str, Any] = msgspec.json.decode((folder / "demo.json").read_bytes())
    return described


def ask(scim: dict[str, str], method: str, path: str, body: Any = None) -> httpx2.Response:
    headers = {"authorization": f"Bearer {scim['token']}", "content-type": "application/scim+json"}
    return httpx2.request(method, f"{scim['base_url']}{path}", json=body, headers=headers, timeout=30)


def test_the_token_of_the_demonstration_works_and_does_after_another_start(migrated_url: str, tmp_path: Path) -> None:
    first = started(migrated_url, tmp_path, "http://127.0.0.1:1")["scim"]
    with serving(migrated_url) as served:
        scim = started(migrated_url, tmp_path, served.url)["scim"]
        assert scim == {
            "base_url": f"{served.url}/scim/v2/c-1001", "token": first["token"], "customer_id": "c-1001",
        }  # fmt: skip
        assert ask(scim, "GET", "/Users").json()["totalResults"] > 2
        made = ask(scim, "POST", "/Users", {"userName": f"noor@{DOMAIN}"})
        assert made.status_code == 201, made.text
        assert ask({**scim, "base_url": f"{served.url}/scim/v2/c-1002"}, "GET", "/Users").status_code == 401
    user = read(migrated_url, lambda db: find_user_by_name(db, f"noor@{DOMAIN}"))
    assert user is not None
    assert user.home_customer_id == FIRST


def test_a_demonstration_of_before_gets_a_token(migrated_url: str, tmp_path: Path) -> None:
    """Its demo.json has none; so does one whose token was revoked, or is over."""
    described = started(migrated_url, tmp_path, "http://127.0.0.1:1")
    row = read(migrated_url, lambda db: find_scim_token(db, secret_digest(described["scim"]["token"])))
    assert row is not None

    async def revoked(tx: Any) -> None:
        await remove_scim_token(tx, FIRST, row.id)

    change(migrated_url, revoked)
    without = {name: value for name, value in described.items() if name != "scim"}
    for before in (described, without):
        (tmp_path / "demo.json").write_bytes(msgspec.json.encode(before))
        after = started(migrated_url, tmp_path, "http://127.0.0.1:1")
        assert {**after, "scim": None} == {**described, "scim": None}
        found = read(migrated_url, lambda db: find_scim_token(db, secret_digest(after["scim"]["token"])))  # noqa: B023
        assert found is not None
        assert found.expires_at > clock.now()


@pytest.fixture
def scim(migrated_url: str, tmp_path: Path) -> Any:
    with serving(migrated_url) as served:
        yield started(migrated_url, tmp_path, served.url)["scim"]


def test_scim2_tester_passes_against_the_demonstration(scim: dict[str, str]) -> None:
    failed, passed = import_module("tests.scim.tester").check(scim["base_url"], scim["token"])
    assert failed == []
    assert passed > 60
