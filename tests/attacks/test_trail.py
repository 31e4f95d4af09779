"""Row 77: whoever can write to the database, and has no master key, changes what the audit trail of a running server says. The hash
chain itself is tried in tests/chain."""

from collections.abc import Iterator

import pytest

from hoistway.store.audit import latest_entries
from tests.chain.chained import seal_now, seal_up_to, sql
from tests.cli.running import answer, manage, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.portal.signing_in import Visitor
from tests.server import Served, populate, serving
from tests.store.test_schema import on


@pytest.fixture
def trail(engine_name: EngineName, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Of three people who signed in."""
    url = fresh_database(engine_name, populate)
    with serving(url) as served:
        for name in ("olga", "ann", "adam"):
            Visitor(served.url).sign_in(name).close()
        manage(monkeypatch, served)
        yield served
    drop_database(url)


def signed_in(served: Served) -> list[str]:
    """The ids of the entries, the oldest first."""
    rows = on(served.database, lambda db: latest_entries(db, "sign_in.succeeded"))
    return sorted(row.id for row in rows)


@pytest.mark.parametrize(
    ("theft", "kind"),
    [
        ("UPDATE audit SET actor = 'u-bob' WHERE id = '{1}'", "altered"),
        ("UPDATE audit SET at = at - 3600 WHERE id = '{1}'", "altered"),
        ("DELETE FROM audit WHERE id = '{1}'", "removed"),
        ("UPDATE audit SET id = '{0}x' WHERE id = '{2}'", "reordered"),
        ("INSERT INTO audit (id, at, event, detail) VALUES ('{0}x', 1, 'sign_out', '{{}}')", "inserted"),
    ],
    ids=["actor", "time", "removed", "moved", "inserted"],
)
def test_a_thief_of_the_database_is_found_in_the_trail(trail: Served, theft: str, kind: str) -> None:
    seal_now(trail.database)
    assert answer("audit", "verify")["holds"]
    first = signed_in(trail)
    sql(trail.database, theft.format(*first))
    found = answer("audit", "verify", code=1)
    assert found["found"] == {kind: 1}
    assert found["findings"][0]["entry"] in {*first, f"{first[0]}x"}


def test_a_thief_who_makes_the_whole_chain_anew_is_found(trail: Served) -> None:
    """Every hash is right; but the key lies in the database sealed under the master key. An older state of the chain is
    genuine: the head that was put down elsewhere is not found in it."""
    seal_now(trail.database)
    head = answer("audit", "verify")["head"]
    anew = ("DELETE FROM audit_seals", "UPDATE audit_chain SET number = 0, rewritings = 0")
    sql(trail.database, "UPDATE audit SET actor = 'u-bob' WHERE actor = 'u-ann'", *anew)
    seal_up_to(trail.database, 2**32, b"the thief's own key")
    assert answer("audit", "verify", code=1)["found"] == {"seal altered": 1}
    sql(trail.database, *anew)
    assert answer("audit", "verify")["holds"], "nothing is sealed"
    assert "head: database, seal 1" in run("audit", "verify", "--expect", head, code=1).stderr
