"""The chain of the audit trail finds whatever was altered, removed, moved or put in, and says where."""

import pytest

from hoistway.chain import sealing, verifying
from tests.chain.chained import AT, id_of, seal_late_at, seal_up_to, sealed, sql, told, verify, write


def test_a_trail_that_nobody_touched_holds(migrated_url: str) -> None:
    sealed(migrated_url, 35)
    write(migrated_url, range(200, 203))
    report = verify(migrated_url)
    assert told(report) == []
    assert (report.verified, report.seals, report.unsealed, report.gone) == (35, 4, 3, 0)
    assert report.up_to == id_of(34)
    assert report.head.startswith("4:")


def test_an_empty_trail_holds(migrated_url: str) -> None:
    report = verify(migrated_url)
    assert (report.holds, report.verified, report.seals) == (True, 0, 0)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "'u-9'"), ("detail", "'{\"id\":\"u-1\"}'"), ("at", f"{AT}"), ("event", "'user.added'"), ("client_id", "'spa'"),
        ("customer_id", "NULL"), ("correlation_id", "NULL"), ("detail", "'no json'"),
    ],
)  # fmt: skip
def test_one_altered_entry_is_found(migrated_url: str, column: str, value: str) -> None:
    sealed(migrated_url, 35)
    sql(migrated_url, f"UPDATE audit SET {column} = {value} WHERE id = '{id_of(17)}'")
    report = verify(migrated_url)
    assert told(report) == [("altered", id_of(17))]
    (found,) = report.findings
    assert (found.where, found.seal, found.place) == ("database", 2, 18)
    assert report.verified == 34


def test_one_removed_entry_is_found(migrated_url: str) -> None:
    sealed(migrated_url, 35)
    for number in (0, 17, 34):
        sql(migrated_url, f"DELETE FROM audit WHERE id = '{id_of(number)}'")
    assert told(verify(migrated_url)) == [("removed", id_of(number)) for number in (0, 17, 34)]


def test_two_entries_that_changed_places_are_found(migrated_url: str) -> None:
    """In one seal it is said what happened; in two of them, that neither says what it said."""
    sealed(migrated_url, 35)
    for one, other in ((12, 15), (3, 33)):
        sql(
            migrated_url,
            f"UPDATE audit SET id = 'x' WHERE id = '{id_of(one)}'",
            f"UPDATE audit SET id = '{id_of(one)}' WHERE id = '{id_of(other)}'",
            f"UPDATE audit SET id = '{id_of(other)}' WHERE id = 'x'",
        )
    assert told(verify(migrated_url)) == [
        ("altered", id_of(3)), ("reordered", id_of(12)), ("reordered", id_of(15)), ("altered", id_of(33)),
    ]  # fmt: skip


def test_an_entry_that_was_moved_is_found(migrated_url: str) -> None:
    sealed(migrated_url, 35)
    elsewhere = f"{id_of(15)[:-1]}e"
    sql(migrated_url, f"UPDATE audit SET id = '{elsewhere}' WHERE id = '{id_of(12)}'")
    assert told(verify(migrated_url)) == [("reordered", elsewhere)]


@pytest.mark.parametrize("later", [False, True])
def test_one_inserted_entry_is_found(migrated_url: str, later: bool) -> None:
    """Before the server has looked for late ones, and after: it seals them as such, and that is said for ever."""
    sealed(migrated_url, 35)
    inserted = f"{id_of(17)[:-3]}fff"
    sql(
        migrated_url,
        f"INSERT INTO audit (id, at, event, detail) VALUES ('{inserted}', {AT + 17}, 'user.added', '{{}}')",
    )
    if later:
        assert seal_late_at(migrated_url, 40) == 1
        assert seal_late_at(migrated_url, 40) == 0
    report = verify(migrated_url)
    assert told(report) == [("late" if later else "inserted", inserted)]
    assert (report.late, report.verified) == (int(later), 35 + later)
    assert verify(migrated_url, allow_late=True).holds is later


def test_an_entry_before_the_first_is_found(migrated_url: str) -> None:
    sealed(migrated_url, 5)
    sql(migrated_url, "INSERT INTO audit (id, at, event, detail) VALUES ('00000000', 1, 'user.added', '{}')")
    assert told(verify(migrated_url)) == [("inserted", "00000000")]


def test_what_commits_behind_its_place_is_sealed_as_late(migrated_url: str) -> None:
    """An entry that was made before others that are sealed already; the chain goes on behind it."""
    write(migrated_url, [0, 1, 3, 4])
    assert seal_up_to(migrated_url, 4) == 4
    write(migrated_url, [2, 5, 6])
    assert seal_up_to(migrated_url, 6) == 2
    assert seal_late_at(migrated_url, 6) == 1
    write(migrated_url, [7])
    assert seal_up_to(migrated_url, 7) == 1
    report = verify(migrated_url, allow_late=True)
    assert (report.holds, report.verified, report.late, report.seals) == (True, 8, 1, 4)
    sql(migrated_url, f"UPDATE audit SET actor = 'u-9' WHERE id = '{id_of(2)}'")
    assert ("altered", id_of(2)) in told(verify(migrated_url))
    sql(migrated_url, f"DELETE FROM audit WHERE id = '{id_of(2)}'")
    assert told(verify(migrated_url)) == [("removed", id_of(2))]


def test_what_is_not_settled_is_not_sealed(migrated_url: str) -> None:
    write(migrated_url, range(5))
    assert seal_up_to(migrated_url, 2) == 3, "its transaction may not have committed"
    assert verify(migrated_url).unsealed == 2


def test_a_thief_without_the_key_makes_no_seal(migrated_url: str) -> None:
    """Whoever takes the database can compute every hash anew, but not what the key signs."""
    write(migrated_url, range(20))
    sql(migrated_url, f"UPDATE audit SET actor = 'u-9' WHERE id = '{id_of(17)}'")
    seal_up_to(migrated_url, 20, b"another key")
    assert [kind for kind, _entry in told(verify(migrated_url))] == ["seal altered"]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("DELETE FROM audit_seals WHERE number = 2", "seal missing"),
        ("DELETE FROM audit_seals WHERE number = 1", "seal missing"),
        ("DELETE FROM audit_seals WHERE number = 4", "seal missing"),
        ("UPDATE audit_seals SET head = (SELECT head FROM audit_seals WHERE number = 1) WHERE number = 2", "seal altered"),
        ("UPDATE audit_seals SET leaves = (SELECT leaves FROM audit_seals WHERE number = 1) WHERE number = 2", "seal altered"),
        ("UPDATE audit_seals SET entries = 9, place = place - 1 WHERE number = 2", "seal altered"),
        ("UPDATE audit_seals SET sealed_at = 1 WHERE number = 3", "seal altered"),
        ("UPDATE audit_chain SET cut_id = '1', cut_number = 3", "mark altered"),
    ],
)  # fmt: skip
def test_a_seal_or_mark_that_was_touched_is_found(migrated_url: str, statement: str, kind: str) -> None:
    sealed(migrated_url, 35)
    sql(migrated_url, statement)
    report = verify(migrated_url)
    assert not report.holds
    assert kind in report.counts


def test_the_chain_goes_on_where_its_row_or_last_seal_is_gone(migrated_url: str) -> None:
    """And what is missing is said."""
    sealed(migrated_url, 20)
    sql(migrated_url, "DELETE FROM audit_seals WHERE number = 2")
    write(migrated_url, range(20, 25))
    assert seal_up_to(migrated_url, 25) == 15
    report = verify(migrated_url)
    assert [(one.kind, one.seal) for one in report.findings] == [("seal missing", 2)]


def test_each_of_many_findings_is_counted(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "ROWS", 7)
    monkeypatch.setattr(sealing, "BATCH", 20)
    sealed(migrated_url, 130, 130)
    sql(migrated_url, "UPDATE audit SET actor = 'u-9'")
    report = verify(migrated_url)
    assert (report.counts, len(report.findings)) == ({"altered": 130}, 100)
