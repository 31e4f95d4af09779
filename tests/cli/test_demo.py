"""The demo world: kept on a second start, whole after a crash, closed to others."""

import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hoistway import clock
from hoistway.demo.keeping import NotOurWorld, greeting, keep_demo
from hoistway.protocol.ids import ClientId, SubscriptionId
from hoistway.settings import DAY, Settings
from hoistway.store.client_secrets import secrets_of
from hoistway.store.client_uses import last_use_of
from hoistway.store.clients import find_client
from hoistway.store.db import Writer
from hoistway.store.legacy_uses import legacy_uses_of
from hoistway.store.subscription_keys import keys_of
from tests.server import change


def settings(url: str, port: int = 8080) -> Settings:
    return Settings(f"http://127.0.0.1:{port}", url, bytes(32))


def read(folder: Path) -> dict[str, Any]:
    described: dict[str, Any] = msgspec.json.decode((folder / "demo.json").read_bytes())
    return described


def test_a_second_start_keeps_all_but_the_address(migrated_url: str, tmp_path: Path) -> None:
    keep_demo(settings(migrated_url), tmp_path)
    first = read(tmp_path)
    assert stat.S_IMODE((tmp_path / "demo.json").stat().st_mode) == 0o600
    keep_demo(settings(migrated_url, 8099), tmp_path)
    second = read(tmp_path)
    assert second["issuer"] == second["base_url"] == "http://127.0.0.1:8099"
    assert second["scim"].pop("base_url") == "http://127.0.0.1:8099/scim/v2/c-1001"
    assert first["scim"].pop("base_url") == "http://127.0.0.1:8080/scim/v2/c-1001"
    assert {**first, "issuer": "", "base_url": ""} == {**second, "issuer": "", "base_url": ""}


def test_a_crash_between_commit_and_rename_loses_no_password(migrated_url: str, tmp_path: Path) -> None:
    keep_demo(settings(migrated_url), tmp_path)
    first = read(tmp_path)
    (tmp_path / "demo.json").rename(tmp_path / "demo.json.new")
    keep_demo(settings(migrated_url), tmp_path)
    assert read(tmp_path) == first
    assert not (tmp_path / "demo.json.new").exists()


def test_a_crash_before_the_commit_starts_anew(migrated_url: str, tmp_path: Path) -> None:
    words = {"clients": {"daemon": {"client_id": "never written"}}}
    (tmp_path / "demo.json.new").write_bytes(msgspec.json.encode(words))
    assert keep_demo(settings(migrated_url), tmp_path)["clients"]["daemon"]["client_id"] != "never written"


def test_a_database_with_another_world_is_refused(migrated_url: str, tmp_path: Path) -> None:
    keep_demo(settings(migrated_url), tmp_path / "one")
    with pytest.raises(NotOurWorld):
        keep_demo(settings(migrated_url), tmp_path / "two")


def test_the_world_has_what_testers_need(migrated_url: str, tmp_path: Path) -> None:
    described = keep_demo(settings(migrated_url), tmp_path)
    world = read(tmp_path)
    units = {row["id"]: set(row["unit_ids"]) for row in world["customers"]}
    assert [row["unit_count"] for row in world["customers"]] == [35, 12, 60, 5]
    assert not units["c-1001"] & units["c-1002"]
    assert units["c-1001"] & units["c-1003"]
    assert any(len(user["customer_ids"]) == 2 for user in world["users"])
    assert world["totp_user"].keys() == {"username", "password", "secret"}
    assert world["totp_user"]["username"] not in {user["username"] for user in world["users"]}
    assert any(user["site_ids"] for user in world["users"])
    administrator = next(user for user in world["users"] if user["username"] == world["administrator"]["username"])
    assert world["administrator"] == {name: administrator[name] for name in ("username", "password", "customer_id")}
    passwords = [user["password"] for user in (*world["users"], world["employee"], world["operator"])]
    assert len(set(passwords)) == len(passwords)
    assert not any(password in greeting(settings(migrated_url), described) for password in passwords)


def test_what_called_for_a_month_was_used_last_when_it_called(migrated_url: str, tmp_path: Path) -> None:
    """A page that counts thousands of calls says beside them when the last one was, of the application, its secret and its key;
    and nothing is younger than its calls."""
    keep_demo(settings(migrated_url), tmp_path)
    world = read(tmp_path)
    ids = {word: ClientId(row["client_id"]) for word, row in world["clients"].items()}

    async def seen(db: Writer) -> None:
        for word in ("daemon", "web", "ropc_proxy"):
            used, client = await last_use_of(db, ids[word]), await find_client(db, ids[word])
            assert used is not None
            assert client is not None
            assert client.created_at < used - 29 * DAY
        assert await last_use_of(db, ids["spa"]) is None
        for word in ("daemon", "web"):
            (secret,) = await secrets_of(db, ids[word])
            assert secret.last_used_at == await last_use_of(db, ids[word])
        held = SubscriptionId(world["subscription"]["id"])
        keys = await keys_of(db, held, clock.now())
        assert {key.slot: key.last_used_at for key in keys} == {
            "primary": await last_use_of(db, ids["daemon"]), "secondary": None,
        }  # fmt: skip
        assert sum(use.uses for use in await legacy_uses_of(db, ids["ropc_proxy"])) > 100

    change(migrated_url, seen)
