"""The recipes of docs/operating.md for when somebody leaves or something leaked: run line by line, on both engines."""

import asyncio
import base64
import os
import re
import shlex
import sqlite3
import time
from pathlib import Path
from string import Template
from typing import Any

import asyncpg
import pytest

from tests.attacks.asking import assert_refused_token, bearer, daemon_token, post
from tests.cli.conftest import Managed
from tests.cli.running import answer, point_at, run
from tests.flows.browser import Person
from tests.server import MASTER_KEY
from tests.world import SECRET

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "operating.md"
CHAPTER = DOCUMENT.read_text(encoding="utf-8").partition("## When somebody leaves, or something leaked\n")[2]
RECIPES = {
    part.partition("\n")[0]: re.findall(r"^```sh\n(.*?)^```", part, re.MULTILINE | re.DOTALL)
    for part in CHAPTER.partition("\n## ")[0].split("\n### ")[1:]
}


def walk(recipe: str, block: int = 0, **words: str) -> list[Any]:
    """What the commands of a block answer, with its words filled in."""
    lines = [Template(line).substitute(words) for line in RECIPES[recipe][block].splitlines()]
    return [answer(*shlex.split(line)[1:]) for line in lines]


def test_the_chapter_has_these_recipes() -> None:
    assert {title: len(blocks) for title, blocks in RECIPES.items()} == {
        "A person leaves": 1, "A person's device was stolen": 1, "A customer ends": 1, "An application or its secret is compromised": 2,
        "A subscription key leaked": 1, "An operator leaves": 1, "A master key is compromised": 1,
    }  # fmt: skip


def test_a_person_leaves(managed: Managed) -> None:
    served = managed.served
    token = Person(served).tokens("spa", "adam", "openid units.read")["access_token"]
    walk("A person leaves", NEXT="ann@example.com", PERSON="adam@example.com", CUSTOMER="c-a")
    assert answer("user", "show", "u-adam")["disabled_at"]
    said = run("token", "inspect", input=token, code=1).output
    assert "account_disabled" in said
    assert "no_place" in said


def test_a_device_was_stolen(managed: Managed) -> None:
    served = managed.served
    few = Person(served)
    token = few.tokens("spa", "few", "openid units.read")["access_token"]
    managed.clock.turn(5)
    reset, _factors = walk("A person's device was stolen", PERSON="few@example.com", REASON="Case 4711: phone stolen")
    assert reset["password"]
    assert few.get("/account").status_code == 303, "the sign-in has ended"
    assert "password_changed" in run("token", "inspect", input=token, code=1).output


def test_a_customer_ends(managed: Managed) -> None:
    served = managed.served
    token = daemon_token(served, "daemon-b")
    answer("product", "add", "gold", "--name", "Gold", "--description", "-", "--api", "customer-api", "--no-key")
    subscription = answer("subscription", "add", "c-b", "gold", "--name", "Theirs")["id"]
    words = {"APP": "daemon-b", "ACCOUNT": "daemon-b", "PERSON": "bob@example.com", "SUBSCRIPTION": subscription}
    said = walk("A customer ends", CUSTOMER="c-b", **words)
    assert "daemon-b" in {row["id"] for row in said[1]}
    assert "sa-b" in {row["id"] for row in said[3]}
    assert "u-bob" in {row["id"] for row in said[5]}
    assert_refused_token(bearer(served, token))
    assert "customer_disabled" in run("token", "inspect", input=token, code=1).output
    [secret] = answer("app", "secret", "list", "daemon-b")
    assert secret["expires_at"] <= managed.clock.at


def test_a_secret_is_replaced_and_an_application_emptied(managed: Managed) -> None:
    served = managed.served
    recipe = "An application or its secret is compromised"
    [first] = answer("app", "secret", "list", "daemon")
    added, listed, _removed = walk(recipe, APP="daemon", SECRET_ID=first["id"])
    assert {row["id"] for row in listed} == {first["id"], added["id"]}
    asked = {"client_id": "daemon", "grant_type": "client_credentials"}
    assert post(served, **asked, client_secret=SECRET).status_code == 401
    token = post(served, **asked, client_secret=added["client_secret"]).json()["access_token"]
    managed.clock.at += 5
    *_, again = walk(recipe, 1, APP="daemon")
    assert_refused_token(bearer(served, token))
    assert post(served, **asked, client_secret=added["client_secret"]).status_code == 401
    assert post(served, **asked, client_secret=again["client_secret"]).status_code == 200


def test_a_subscription_key_is_replaced(managed: Managed) -> None:
    answer("product", "add", "silver", "--name", "Silver", "--description", "-", "--api", "customer-api", "--no-key")
    made = answer("subscription", "add", "c-a", "silver", "--name", "Ours")
    shown, renewed = walk("A subscription key leaked", SUBSCRIPTION=made["id"])
    assert made["primary_key"].startswith(next(key["prefix"] for key in shown["keys"] if key["slot"] == "primary"))
    assert renewed["primary_key"] != made["primary_key"]


def test_an_operator_leaves(managed: Managed) -> None:
    assert "only operator" in run("user", "disable", "olga@example.com", code=1).output
    walk("An operator leaves", NEXT="emil@example.com", OPERATOR="olga@example.com")
    assert answer("user", "show", "u-olga")["disabled_at"]


def test_a_master_key_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    file = tmp_path / "master.key"
    before = base64.urlsafe_b64encode(MASTER_KEY).decode()
    file.write_text(f"{before}\n")
    point_at(monkeypatch, database_url)
    monkeypatch.delenv("HOISTWAY_MASTER_KEY")
    monkeypatch.setenv("HOISTWAY_MASTER_KEY_FILE", str(file))
    answer("init")
    rotate, signing, forget = RECIPES["A master key is compromised"][0].splitlines()
    assert answer(*shlex.split(rotate)[1:])["new_key"]
    assert len(answer(*shlex.split(signing)[1:])["made"]) == 2
    # As the document says, a minute later.
    os.utime(file, (time.time() - 61, time.time() - 61))
    assert answer(*shlex.split(forget)[1:])["forgotten"] == 1
    assert before not in file.read_text()


def write(url: str, statements: list[str]) -> None:
    """As whoever administers the database types them."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("\n".join(statements))
        await connection.close()

    if url.startswith("sqlite:///"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        connection.executescript("\n".join(statements))
        connection.close()
    else:
        asyncio.run(run())


def test_stolen_keys_end_with_their_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    """Under another master key the database refuses; without what the old one sealed, new keys are made."""
    statements = re.findall(r"^DELETE FROM .*;$", CHAPTER.partition("\n## ")[0], re.MULTILINE)
    assert len(statements) == 2
    point_at(monkeypatch, database_url)
    answer("init")
    before = {row["id"] for row in answer("keys", "list")}
    monkeypatch.delenv("HOISTWAY_MASTER_KEY")
    monkeypatch.setenv("HOISTWAY_MASTER_KEY_FILE", str(tmp_path / "new.key"))
    answer("master-key", "make", str(tmp_path / "new.key"))
    run("init", code=2)
    write(database_url, statements)
    answer("init")
    after = {row["id"] for row in answer("keys", "list")}
    assert len(after) == 2
    assert not before & after
