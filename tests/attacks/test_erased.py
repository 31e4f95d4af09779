"""Row 75: backup, restore, erase. A person who was erased is found nowhere, and no backup brings them, a sign-in or a revoked token back."""

import base64
import gzip
import json
import logging
import os
import sqlite3
import stat
import subprocess
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import select

from hoistway import clock as real_clock
from hoistway.accounts import forgetting
from hoistway.accounts.erasing import open_eraser
from hoistway.chain.sealing import SETTLED, seal
from hoistway.engine import time_ordered_id
from hoistway.mail.letter import Letter, html_text, plain_text
from hoistway.protocol.ids import ClientId, FamilyId, UserId
from hoistway.server.trail import archive_entries
from hoistway.settings import DAY
from hoistway.store.actor_uses import ActorUse, add_actor_uses
from hoistway.store.audit import AUDIT, Entry, WrittenEntry, add_entry
from hoistway.store.audit_archive import alone
from hoistway.store.brownouts import Brownout, add_brownout
from hoistway.store.clients import LegacyException, find_client, put_client
from hoistway.store.db import Database, DatabaseUnavailable, Statement, Writer
from hoistway.store.erasures import list_erasures
from hoistway.store.families import find_family, revoke_family
from hoistway.store.flow_uses import count_flow_use
from hoistway.store.outbox import Mail, add_mail
from hoistway.store.personal_texts import put_entry
from hoistway.store.sessions import SESSIONS
from hoistway.store.throttle import THROTTLE
from hoistway.store.users import add_user, find_user
from hoistway.tokens.resealing import reseal_all
from hoistway.tokens.vault import Vault
from tests.attacks.asking import CHALLENGE
from tests.cli.running import answer, point_at, run
from tests.engines import EngineName, drop_database, fresh_database, programs
from tests.erased import EARLIER, ID, OLGA, PERSON, WORDS, found_in, furnish
from tests.flows.browser import Person
from tests.portal.signing_in import Visitor
from tests.server import MASTER_KEY, Clock, change, populate, serving
from tests.store.test_personal import PERSONAL
from tests.store.test_schema import on
from tests.world import FAR, NOW, A

_ACTORS = Statement(
    lambda: select(AUDIT.c.event, AUDIT.c.actor).order_by(AUDIT.c.id), lambda event, actor: (str(event), actor)
)
_ACCOUNTS = Statement(lambda: select(THROTTLE.c.account), lambda account: account)
_SESSIONS = Statement(lambda: select(SESSIONS.c.public_id), str)


def furnished(url: str) -> None:
    """As a server leaves it that ran once: with its shared secrets."""
    populate(url)
    change(url, furnish)
    on(url, lambda db: open_eraser(db, Vault(MASTER_KEY)))


@dataclass(frozen=True)
class Place:
    url: str
    folder: Path
    clock: Clock

    @property
    def file(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    def disable(self) -> None:
        """And waits until every process has heard of it."""
        run("user", "disable", ID)
        self.clock.turn(5)

    def erase(self) -> None:
        self.disable()
        assert answer("user", "erase", PERSON.username, "--yes")["erased"] == ID

    def archive(self, folder: Path) -> None:
        """All that is older than two days of the world, after it was sealed."""

        async def work(db: Database) -> None:
            key = (await open_eraser(db, Vault(MASTER_KEY))).chain
            await seal(db, key, int(time.time()) + SETTLED + 1)
            await archive_entries(db, key, folder, NOW + 2 * DAY)

        on(self.url, work)

    def actors(self) -> list[tuple[str, str | None]]:
        return on(self.url, lambda db: db.all(_ACTORS, {}))

    def waits(self) -> int:
        """Erasures that are not finished."""

        async def read(db: Database) -> int:
            return len([row for row in await list_erasures(db) if row.rest is not None])

        return on(self.url, read)

    def is_there(self) -> bool:
        async def read(db: Database) -> bool:
            return await find_user(db, ID) is not None

        return on(self.url, read)


@pytest.fixture
def place(engine_name: EngineName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    url, clock = fresh_database(engine_name, furnished), Clock()
    point_at(monkeypatch, url)
    monkeypatch.setattr(real_clock, "now", clock)
    monkeypatch.setenv("PATH", f"{programs()}{os.pathsep}{os.environ['PATH']}")
    yield Place(url, tmp_path, clock)
    drop_database(url)


def test_nothing_of_a_person_is_left_in_any_table(place: Place) -> None:
    # A version before wrote the second; the others hold digests.
    everywhere = set(PERSONAL) - {"erasures", "consents", "throttle"}
    assert found_in(place.url).keys() == everywhere, "else the test would find nothing"
    before = place.actors()
    place.erase()
    assert found_in(place.url) == {}
    after = place.actors()
    pseudonyms = {new for (_event, old), (_same, new) in zip(before, after, strict=False) if old == ID}
    assert len(pseudonyms) == 1, "what one person did is still one person's"
    assert str(pseudonyms.pop()).startswith("erased-")
    assert [event for event, _actor in after] == [*(event for event, _actor in before), "user.disabled", "user.erased"]


def test_a_look_before_names_what_goes_and_changes_nothing(place: Place) -> None:
    before = found_in(place.url)
    rows = answer("user", "erase", ID, "--dry-run")
    assert found_in(place.url) == before
    assert place.waits() == 0
    said = {(row["table"], row["what"]) for row in rows}
    assert {
        ("users", "removed"),
        ("grants", "removed"),
        ("requests", "renamed"),
        ("messages.text", "replaced"),
        ("audit", "kept"),
    } <= said
    assert all(row["why"] for row in rows)


def test_a_look_before_counts_the_entries_that_change(place: Place) -> None:
    """Those by the person, and those of others that name them; `unit.changed` is neither."""
    rows = answer("user", "erase", ID, "--dry-run")
    assert [row["rows"] for row in rows if (row["table"], row["what"]) == ("audit", "replaced")] == [7]


def test_a_name_that_is_a_word_of_the_program_breaks_nothing(place: Place) -> None:
    """The exceptions of an application are still read, and a name is found in them however it is escaped."""
    name = 'Zoë "Zo" O\'Brien'
    person = replace(PERSON, id=UserId("u-word"), username="password", name=name, emails=(), flags=(), disabled_at=NOW)
    decomposed, low = unicodedata.normalize("NFD", name), 'zOË "zO" O\'BRIEN'
    letter = Letter("en", low, "Hello", decomposed, "", f"By {name}", "l", "http://x.example/", low)
    granted = (LegacyException("password", f"Asked by {name}", FAR, "u-olga", NOW),)

    async def write(tx: Writer) -> None:
        await add_user(tx, person)
        client = await find_client(tx, ClientId("ropc"))
        assert client is not None
        await put_client(tx, replace(client, exceptions=granted), frozenset())
        await add_mail(
            tx, Mail("word", "adam@example.com", letter.subject, plain_text(letter), html_text(letter), FAR, FAR)
        )
        await add_brownout(tx, Brownout("word", "password", FAR, FAR + 60, f"{low} and {decomposed}", OLGA, NOW))

    change(place.url, write)
    run("user", "erase", "u-word", "--yes")
    client = on(place.url, lambda db: find_client(db, ClientId("ropc")))
    assert client is not None
    assert client.exceptions == (msgspec.structs.replace(granted[0], reason="Asked by [erased]"),)
    assert found_in(place.url, ("Brien", "Zoë", unicodedata.normalize("NFD", "zoë"))) == {}


def test_it_is_done_once_and_finished_later(place: Place) -> None:
    place.erase()
    after = place.actors()
    assert place.waits() == 1, "what a request under way writes is looked for once more"
    place.clock.turn(61)
    assert answer("user", "erase", ID, "--yes") == {"erased": ID, "before": True}
    assert place.waits() == 0
    assert place.actors() == after
    run("user", "erase", PERSON.username, "--yes", code=1)


def test_it_is_refused_with_the_fix(place: Place) -> None:
    assert "hoistway user disable" in run("user", "erase", ID, "--yes", code=1).stderr
    run("user", "disable", ID)
    assert "5 seconds" in run("user", "erase", ID, "--yes", code=1).stderr
    place.clock.turn(5)
    refused = run("user", "erase", ID, code=1, input="Somebody\n")
    assert "another name" in refused.stderr
    assert place.is_there()
    assert found_in(place.url).keys() >= {"users", "audit"}
    run("user", "erase", ID, input=f"{PERSON.username}\n")
    assert not place.is_there()


def test_the_only_administrator_hands_over_first(place: Place) -> None:
    run("user", "disable", "u-adam")
    place.clock.turn(5)
    refused = run("user", "erase", "u-adam", "--yes", code=1).stderr
    assert "hoistway user join ID --customer c-a --role administrator" in refused
    run("user", "join", "u-ann", "--customer", "c-a", "--role", "administrator")
    assert answer("user", "erase", "u-adam", "--yes")["erased"] == "u-adam"


def test_what_was_interrupted_goes_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person is gone at once; the texts follow when it is said again, from the key under which they wait now."""
    left = 2

    async def put_some(tx: Writer, entry: WrittenEntry) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise DatabaseUnavailable("away")
        await put_entry(tx, entry)

    place.disable()
    monkeypatch.setattr(forgetting, "put_entry", put_some)
    run("user", "erase", ID, "--yes", code=3)
    assert not place.is_there()
    assert found_in(place.url).keys() == {"audit"}
    monkeypatch.setattr(forgetting, "put_entry", put_entry)
    newer = b"n" * 32
    on(place.url, lambda db: reseal_all(db, Vault(newer, MASTER_KEY)))
    monkeypatch.setenv("HOISTWAY_MASTER_KEY", base64.urlsafe_b64encode(newer).decode())
    assert answer("user", "erase", ID, "--yes")["before"]
    assert found_in(place.url) == {}


def test_earlier_names_are_known_after_the_entry_that_told_them_was_changed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def put_one(tx: Writer, entry: WrittenEntry) -> None:
        await put_entry(tx, entry)
        if entry.event == "user.changed":
            monkeypatch.setattr(forgetting, "put_entry", put_nothing)

    async def put_nothing(_tx: Writer, _entry: WrittenEntry) -> None:
        raise DatabaseUnavailable("away")

    later = Entry(time_ordered_id(), NOW, "act_for.begun", OLGA, detail={"reason": f"For {EARLIER}."})
    change(place.url, lambda tx: add_entry(tx, later))
    place.disable()
    monkeypatch.setattr(forgetting, "STEP", 1)
    monkeypatch.setattr(forgetting, "put_entry", put_one)
    run("user", "erase", ID, "--yes", code=3)
    assert found_in(place.url, (EARLIER,)) == {"audit": [EARLIER]}
    monkeypatch.setattr(forgetting, "put_entry", put_entry)
    answer("user", "erase", ID, "--yes")
    assert found_in(place.url) == {}


def test_what_a_request_under_way_wrote_is_found_a_minute_later(place: Place) -> None:
    """It read the account before it was disabled, and committed behind the erasure."""

    async def late(tx: Writer) -> None:
        await count_flow_use(tx, ID, ClientId("spa"), "code", "2026-01-31", place.clock(), A)
        await add_actor_uses(tx, [ActorUse(A, 0, "user", ID, "spa", 1, 0)])
        await add_entry(tx, Entry(time_ordered_id(), place.clock(), "sign_in.succeeded", ID))

    place.erase()
    change(place.url, late)
    assert found_in(place.url).keys() == {"actor_uses", "flow_uses", "audit"}
    place.clock.turn(61)
    run("user", "erase", ID, "--yes")
    assert found_in(place.url) == {}
    assert place.waits() == 0


def test_the_archive_names_the_person_no_more(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was archived before; and while a server writes there, the command says who does it."""
    folder = place.folder / "archive"
    monkeypatch.setenv("HOISTWAY_AUDIT_ARCHIVE", str(folder))
    with alone(folder):
        place.archive(folder)
    assert ID.encode() in b"".join(gzip.decompress(path.read_bytes()) for path in folder.glob("audit-*"))
    place.disable()
    with alone(folder):
        assert "archive" in run("user", "erase", ID, "--yes").stderr
    place.clock.turn(61)
    run("user", "erase", ID, "--yes")
    text = b"".join(gzip.decompress(path.read_bytes()) for path in folder.glob("audit-*")).decode().lower()
    assert "erased-" in text
    assert [word for word in WORDS if word.lower() in text] == []
    assert place.waits() == 0


OTHER = replace(
    PERSON, id=UserId("u-other"), username="v.other", name="Vera Other", emails=("vera@other.example",), flags=()
)


def archived(place: Place, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, with all that the trail says."""
    folder = place.folder / "archive"
    monkeypatch.setenv("HOISTWAY_AUDIT_ARCHIVE", str(folder))
    with alone(folder):
        place.archive(folder)
    return folder


def named_in(folder: Path) -> list[str]:
    """Of the words, those in files that can be read."""
    text = b"".join(gzip.decompress(path.read_bytes()) for path in folder.glob("audit-*"))
    return [word for word in (*WORDS, OTHER.id, OTHER.name) if word.lower() in text.decode().lower()]


def test_a_damaged_archive_keeps_nobody_in_the_database(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two people neither, and the whole files of the archive are rewritten; the rest follows when it was mended."""

    async def write(tx: Writer) -> None:
        await add_user(tx, replace(OTHER, disabled_at=NOW))
        for number in range(2):
            said = {"reason": f"{PERSON.name} and {OTHER.name}"}
            await add_entry(
                tx, Entry(f"00000000-0000-7000-8000-00000000002{number}", NOW, "act_for.begun", OLGA, detail=said)
            )

    change(place.url, write)
    folder = archived(place, monkeypatch)
    change(
        place.url,
        lambda tx: add_entry(
            tx, Entry(time_ordered_id(), NOW, "act_for.begun", OLGA, detail={"reason": f"{OTHER.name}, {EARLIER}"})
        ),
    )
    (good,) = folder.glob("audit-*")
    whole, damaged = good.read_bytes(), folder / "audit-2001-01-01.jsonl.gz"
    damaged.write_bytes(whole[:-9])
    place.disable()
    for person in (ID, OTHER.id):
        assert "is damaged" in run("user", "erase", person, "--yes", code=1).output
    assert found_in(place.url, (*WORDS, OTHER.id, OTHER.name)) == {}
    assert place.waits() == 2
    damaged.write_bytes(whole)
    run("user", "erase", ID, "--yes")
    assert named_in(folder) == []
    place.clock.turn(61)
    run("user", "erase", ID, "--yes")
    assert place.waits() == 0


@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.parametrize("known", [False, True])
def test_a_restore_leaves_nobody_in_the_archive(
    place: Place, monkeypatch: pytest.MonkeyPatch, busy: bool, known: bool
) -> None:
    """Whether the backup knows the person or not. Where the archive is busy, that waits."""
    saved, erased = place.folder / "saved", OTHER.id
    if not known:
        run("backup", str(saved))
    said = Entry("00000000-0000-7000-8000-000000000030", NOW, "user.added", OLGA, detail={"id": OTHER.id})

    async def write(tx: Writer) -> None:
        await add_user(tx, OTHER)
        await add_entry(tx, said)

    change(place.url, write)
    if known:
        run("backup", str(saved))
    folder = archived(place, monkeypatch)
    run("user", "disable", erased)
    place.clock.turn(5)
    with alone(folder):
        run("user", "erase", erased, "--yes")
        if busy:
            assert "archive" in run("restore", str(saved)).stderr
    if not busy:
        run("restore", str(saved))
    assert place.waits() == busy
    assert (erased in named_in(folder)) is busy
    place.clock.turn(61)
    run("user", "erase", erased, "--yes")
    assert erased not in named_in(folder)
    assert place.waits() == 0


def test_the_trail_is_proven_after_erasing_and_after_a_restore(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was taken out of the archive since the backup is known from the database before; and nobody can try out what it
    said."""
    folder = archived(place, monkeypatch)
    assert answer("audit", "verify")["archived"] > 0
    saved = place.folder / "saved"
    run("backup", str(saved))
    place.erase()
    told = answer("audit", "verify")
    assert told["holds"]
    assert told["rewritten"] > 0
    place.clock.turn(61)
    run("restore", str(saved))
    assert named_in(folder) == []
    again = answer("audit", "verify")
    assert (again["holds"], again["rewritten"]) == (True, told["rewritten"])


def test_mail_of_another_account_stays_theirs(place: Place) -> None:
    """An address that the person had before, or has together with another account."""

    async def write(tx: Writer) -> None:
        await add_user(tx, replace(OTHER, emails=("old@ohnesorg.example", PERSON.emails[0])))
        for number, to in enumerate(("old@ohnesorg.example", PERSON.emails[0])):
            await add_mail(tx, Mail(f"other{number}", to, "For Vera", f"Secret {number} of Vera", "", FAR, FAR))

    change(place.url, write)
    held = run("user", "export", ID).stdout
    assert "Secret" not in held
    assert PERSON.emails[1] in held
    place.erase()
    assert found_in(place.url, ("secret 0 of vera", "secret 1 of vera", PERSON.emails[1])) == {
        "outbox": ["secret 0 of vera", "secret 1 of vera"]
    }


def test_wrong_passwords_are_counted_for_nobody(place: Place) -> None:
    async def accounts(db: Database) -> list[str | None]:
        return await db.all(_ACCOUNTS, {})

    with serving(place.url) as served:
        somebody = Person(served)
        page = somebody.authorize("spa", scope="openid", **CHALLENGE)
        somebody.submit("/sign-in", page, username=PERSON.username, password="a wrong one")
    assert any(on(place.url, accounts))
    place.erase()
    assert not any(on(place.url, accounts))


def _bytes_of(place: Place) -> bytes:
    return b"".join(path.read_bytes() for path in place.file.parent.iterdir() if path.is_file())


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_the_file_holds_nothing_after_it_was_compacted(place: Place) -> None:
    held = sqlite3.connect(place.file)
    held.execute("SELECT count(*) FROM users").fetchone()
    place.erase()
    held.close()
    run("compact")
    left = _bytes_of(place).lower()
    assert b"adam@example.com" in left, "else nothing was looked at"
    assert [word for word in WORDS if word.lower().encode() in left] == []


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_a_dump_holds_nothing(place: Place) -> None:
    place.erase()
    run("compact")
    dump = subprocess.run(["pg_dump", "--dbname", place.url], capture_output=True, check=True).stdout.lower()
    assert b"adam@example.com" in dump
    assert [word for word in WORDS if word.lower().encode() in dump] == []


@pytest.mark.parametrize("lost", [False, True])
def test_a_backup_brings_nobody_back(place: Place, lost: bool, engine_name: EngineName) -> None:
    """From the list in the database that it replaces; where that is lost, from the list that was written to a file."""
    saved, listed = place.folder / "saved", place.folder / "listed"
    run("backup", str(saved))
    place.erase()
    run("user", "erasures", str(listed))
    assert stat.S_IMODE(listed.stat().st_mode) == 0o600
    assert [word for word in WORDS if word.lower() in listed.read_text().lower()] == []
    if lost:
        target = fresh_database(engine_name)
        with pytest.MonkeyPatch.context() as patch:
            point_at(patch, target)
            told = answer("restore", str(saved), "--erasures", str(listed))
        assert found_in(target) == {}
        drop_database(target)
    else:
        place.clock.turn(5)
        told = answer("restore", str(saved))
        assert found_in(place.url) == {}
        assert place.waits() == 0
    assert told["erased_again"] == 1


def test_a_restore_without_a_list_says_so(place: Place, engine_name: EngineName) -> None:
    saved, target = place.folder / "saved", fresh_database(engine_name)
    run("backup", str(saved))
    wrong = place.folder / "wrong"
    wrong.write_text("[]")
    with pytest.MonkeyPatch.context() as patch:
        point_at(patch, target)
        assert "no list" in run("restore", str(saved), "--erasures", str(wrong), code=2).stderr
        assert "--erasures FILE" in run("restore", str(saved)).stderr
    drop_database(target)


def test_a_restore_ends_sign_ins_and_what_was_revoked_since(place: Place) -> None:
    saved = place.folder / "saved"

    async def read(db: Database) -> tuple[list[str], bool]:
        family = await find_family(db, FamilyId("f"))
        assert family is not None
        return await db.all(_SESSIONS, {}), family.revoked_at is None

    run("backup", str(saved))
    assert on(place.url, read) == (["public"], True)
    change(place.url, lambda tx: revoke_family(tx, FamilyId("f"), place.clock(), "a test"))  # type: ignore[arg-type,return-value]
    place.clock.turn(5)
    run("restore", str(saved))
    assert on(place.url, read) == ([], False)


def test_a_backup_holds_no_key_and_lies_apart_from_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    saved, key = place.folder / "saved", place.folder / "master.key"
    key.write_text(base64.urlsafe_b64encode(MASTER_KEY).decode())
    monkeypatch.delenv("HOISTWAY_MASTER_KEY")
    monkeypatch.setenv("HOISTWAY_MASTER_KEY_FILE", str(key))
    assert "keep backups and key apart" in run("backup", str(saved)).stderr
    body = saved.read_bytes()
    assert MASTER_KEY not in body
    assert base64.urlsafe_b64encode(MASTER_KEY).rstrip(b"=") not in body
    elsewhere = place.folder / "elsewhere"
    elsewhere.mkdir()
    assert "apart" not in run("backup", str(elsewhere / "saved")).stderr


def test_a_copy_tells_nothing_of_others_and_no_secret(place: Place) -> None:
    file = place.folder / "person.json"
    run("user", "export", PERSON.username, "--file", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    held = json.loads(file.read_text())
    assert held["account"]["emails"] == list(PERSON.emails)
    text = file.read_text()
    assert "u-olga" not in text, "who decided is another person"
    assert "argon2" not in text
    assert [one["event"] for one in held["audit"]][:2] == ["membership.changed", "act_for.begun"]
    assert "exists" in run("user", "export", ID, "--file", str(file), code=1).stderr
    assert json.loads(run("user", "export", ID).stdout)["account"]["id"] == ID


def test_the_log_names_nobody(engine_name: EngineName, caplog: pytest.LogCaptureFixture) -> None:
    """Signing in, refusals, a copy, mail that can't be sent: ids at the most."""
    url = fresh_database(engine_name, furnished)
    caplog.set_level(logging.INFO)
    with serving(url, access_log=True) as served:
        person = Person(served)
        page = person.authorize("spa", scope="openid", **CHALLENGE)
        person.sign_in(page, "ann", "a wrong one")
        ann = Visitor(served.url).sign_in("ann")
        ann.post("/account/data")
        ann.get("/console")
        adam = Visitor(served.url).sign_in("adam")
        adam.post("/portal/people/u-ann", do="change", role="administrator", reach="all")
        olga = Visitor(served.url).sign_in("olga")
        olga.get("/console/requests/mine")
        olga.post("/console/requests/mine", decision="ask", text="Why?")
    drop_database(url)
    log = "\n".join(json.dumps(getattr(record, "facts", {})) + record.getMessage() for record in caplog.records)
    assert "refused" in log
    assert "mail not sent" in log
    told = [
        word for word in ("ann@example", "adam@example", "olga@example", PERSON.name, *PERSON.emails) if word in log
    ]
    assert told == []
