"""hoistway audit verify: what it says, its exit codes, and that it can be asked for a head that was put down before."""

from collections.abc import Iterator

import pytest

from hoistway.store.audit import latest_entries
from hoistway.tokens.resealing import reseal_all
from hoistway.tokens.vault import Vault
from tests.chain.chained import id_of, seal_now, sql, write
from tests.cli.running import answer, point_at, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.server import MASTER_KEY, populate
from tests.store.test_schema import on


@pytest.fixture
def url(engine_name: EngineName, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    made = fresh_database(engine_name, populate)
    point_at(monkeypatch, made)
    write(made, range(12))
    seal_now(made)
    yield made
    drop_database(made)


def test_it_says_that_the_trail_holds(url: str) -> None:
    found = answer("audit", "verify")
    assert (found["holds"], found["findings"], found["found"]) == (True, [], {})
    assert found["verified"] >= 12
    told = on(url, lambda db: latest_entries(db, "audit.verified"))
    assert len(told) == 1
    assert '"outcome":"holds"' in told[0].detail
    shown = run("audit", "verify").stdout
    assert "holds: yes" in shown
    assert "found: nothing" in shown


def test_it_says_where_it_does_not(url: str) -> None:
    sql(url, f"UPDATE audit SET actor = 'u-9' WHERE id = '{id_of(7)}'")
    refused = run("audit", "verify", code=1)
    assert f"altered: database, {id_of(7)}, seal 1, place " in refused.stderr
    assert "holds: no" in refused.stdout
    found = run("audit", "verify", "--json", code=1).stdout
    assert f'"entry": "{id_of(7)}"' in found


def test_a_head_that_was_put_down_is_compared(url: str) -> None:
    head = answer("audit", "verify")["head"]
    seal_now(url)
    assert answer("audit", "verify", "--expect", head)["holds"]
    other = f"{head[:-1]}{'0' if head[-1] != '0' else '1'}"
    assert "head: database, seal 1" in run("audit", "verify", "--expect", head, "--expect", other, code=1).stderr
    for wrong in ("1", "x:00", "1:zz", ":"):
        run("audit", "verify", "--expect", wrong, code=2)


def test_it_holds_under_another_master_key(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = bytes(reversed(range(32)))
    on(url, lambda db: reseal_all(db, Vault(newer, MASTER_KEY)))
    run("audit", "verify", code=2)
    monkeypatch.setenv("HOISTWAY_MASTER_KEY", "Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA")
    assert answer("audit", "verify")["holds"]


def test_a_folder_that_is_not_there_is_said(url: str) -> None:
    assert "no folder" in run("audit", "verify", "--archive", "/nowhere", code=2).stderr
