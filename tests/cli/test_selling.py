"""hoistway product and hoistway subscription."""

import json
from pathlib import Path

import pytest

from tests.cli.running import answer, point_at, run

API = ("api", "add", "customer-api", "--name", "Customer API", "--audience", "https://a", "--scope", "units.read=See")
GOLD = ("product", "add", "gold", "--name", "Gold", "--description", "For miners.", "--api", "customer-api")
CUSTOMER = "c-1"


@pytest.fixture(autouse=True)
def _world(monkeypatch: pytest.MonkeyPatch, migrated_url: str) -> None:
    point_at(monkeypatch, migrated_url)
    answer("customer", "add", CUSTOMER, "--name", "First")
    answer(*API)


def test_a_product_is_added_shown_and_disabled(tmp_path: Path) -> None:
    terms = tmp_path / "terms.txt"
    terms.write_text("Be kind.\n")
    more = ("--rate", "100/60", "--quota", "5000/86400", "--terms", str(terms), "--approval", "--no-key", "--most", "3")
    made = answer(*GOLD, *more)
    assert made == answer("product", "show", "gold")
    assert (made["rate"], made["quota"]) == ({"calls": 100, "period": 60}, {"calls": 5000, "period": 86400})
    assert (made["terms"], made["approval"], made["key_use"], made["subscriptions_limit"]) == (
        "Be kind.", "asked", "optional", 3,
    )  # fmt: skip
    assert answer("product", "disable", "gold")["disabled_at"] > 0
    assert [row["id"] for row in answer("product", "list")] == ["gold"]
    answer("product", "enable", "gold")
    assert answer("product", "show", "gold")["disabled_at"] is None


@pytest.mark.parametrize("limit", ["100", "0/60", "100/0", "a/b", "1/2/3", "100/99999999999", "-1/60", ""])
def test_a_limit_is_calls_and_seconds(limit: str) -> None:
    assert "CALLS/SECONDS" in run(*GOLD, "--rate", limit, code=2).output
    assert answer("product", "list") == []


def test_what_is_not_there_is_refused() -> None:
    run(*GOLD[:-1], "another-api", code=1)
    run("subscription", "add", CUSTOMER, "gold", "--name", "x", code=1)
    answer(*GOLD)
    run(*GOLD, code=1)
    run("subscription", "add", "nobody", "gold", "--name", "x", code=1)
    run("subscription", "add", CUSTOMER, "gold", "--name", "x", "--api", "another-api", code=1)
    run("subscription", "add", CUSTOMER, "gold", "--name", "x", "--application", "nothing", code=1)
    for act in ("show", "approve", "suspend", "cancel"):
        run("subscription", act, "nothing", code=1)
    run("subscription", "regenerate", "nothing", "primary", code=1)
    run("subscription", "list", "--state", "asleep", code=2)
    assert answer("subscription", "list") == []


def test_a_subscription_from_its_keys_to_its_end() -> None:
    answer(*GOLD, "--most", "1")
    made = answer("subscription", "add", CUSTOMER, "gold", "--name", "Nightly", "--api", "customer-api")
    assert made["state"] == "active"
    assert made["primary_key"].startswith("hwk_")
    run("subscription", "add", CUSTOMER, "gold", "--name", "Second", code=1)
    shown = answer("subscription", "show", made["id"])
    assert (shown["product"], shown["customer"], shown["scope"]) == ("Gold", "First", "api")
    assert [key["slot"] for key in shown["keys"]] == ["primary", "secondary"]
    assert made["primary_key"] not in json.dumps(shown)
    new = answer("subscription", "regenerate", made["id"], "primary", "--overlap", "60")
    assert new["primary_key"] != made["primary_key"]
    assert len(answer("subscription", "show", made["id"])["keys"]) == 3
    run("subscription", "regenerate", made["id"], "third", code=2)
    for act, state in (("suspend", "suspended"), ("resume", "active"), ("cancel", "cancelled")):
        assert answer("subscription", act, made["id"], "--message", "because")["state"] == state
    assert "it can't be resumed" in run("subscription", "resume", made["id"], code=1).output
    run("subscription", "regenerate", made["id"], "primary", code=1)
    assert [row["message"] for row in answer("subscription", "list", "--state", "cancelled")] == ["because"]
    assert answer("subscription", "list", "--state", "active") == []


def test_one_that_waits_is_decided() -> None:
    answer(*GOLD, "--approval")
    ids = [answer("subscription", "add", CUSTOMER, "gold", "--name", name)["id"] for name in ("One", "Two")]
    assert [row["id"] for row in answer("subscription", "list", "--most", "1")] == ids[1:]
    assert [row["id"] for row in answer("subscription", "list", "--before", ids[1])] == ids[:1]
    run("subscription", "resume", ids[0], code=1)
    assert answer("subscription", "approve", ids[0])["state"] == "active"
    assert answer("subscription", "reject", ids[1], "--message", "Take one.")["state"] == "rejected"
    run("subscription", "approve", ids[1], code=1)
