"""Every call that writes to the audit trail gives a name of the registry, and docs/events.md is the registry."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hoistway.console.filed import making_of
from hoistway.console.filing import FILES
from hoistway.grants.kinds import PEOPLE, TECHNICAL
from hoistway.products.deciding import VERBS
from hoistway.store.audit_events import EVENTS
from hoistway.store.removing import KINDS as REMOVABLE
from hoistway.things.registry import LINKINGS, THINGS

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "src" / "hoistway"
# By the name of what is called: behind how many arguments, or under which name, the event comes.
WRITERS = {"record": 0, "note": 0, "Entry": 2, "added": 2}
# These pass on what they were given, under the name `event`.
PASSED_ON = {
    "accounts/pushed.py",
    "engine.py",
    "manage/guard.py",
    "federation/people.py",
    "portal/changing.py",
    "commands/context.py",
    "commands/nouns.py",
}
SWITCHED = ("disabled", "enabled")
NOUNS = ("api", "application", "customer", "product", "service_account", "site", "tenant", "unit", "user")
# Names that are computed: the expression, and all that it can be.
COMPUTED = {
    ("approving/proposing.py", "KINDS[kind].event(after)"): (
        "user.role_changed", "user.erased", "application.exception_granted", "application.bound", "tenant.connected",
        "tenant.disconnected",
        *(f"{noun}.{what}" for noun in ("user", "application", "product", "api") for what in ("changed", *SWITCHED)),
    ),
    ("approving/proposing.py", "f'change.{what}'"): tuple(
        f"change.{what}" for what in ("proposed", "approved", "approved_first", "refused", "withdrawn")
    ),
    ("commands/nouns.py", "f\"{event_of(what)}.{('enabled' if at is None else 'disabled')}\""): tuple(
        f"{noun}.{what}" for noun in NOUNS for what in SWITCHED
    ),
    ("commands/files.py", "event"): (
        "customer.added", "api.added", "service_account.added", "tenant.changed", "application.added", "product.added",
        "secret.added", "application.exception_granted", "branding.changed",
        *(
            f"{noun}.{what}"
            for noun in ("customer", "api", "service_account", "tenant", "application", "product")
            for what in ("changed", *SWITCHED)
        ),
    ),
    ("files/world.py", "event"): ("product.changed", "branding.changed"),
    ("commands/passwords.py", "f'{event_of(what)}.password_reset'"): (
        "user.password_reset", "service_account.password_reset",
    ),
    ("commands/unlocking.py", "f'{event_of(what)}.unlocked'"): ("user.unlocked", "service_account.unlocked"),
    ("commands/subscriptions.py", "f'subscription.{done}'"): tuple(
        f"subscription.{done}" for done in ("approved", "rejected", "suspended", "resumed", "cancelled")
    ),
    ("applications/deciding.py", "f'request.{event}'"): tuple(
        f"request.{event}" for event in ("approved", "approved_first", "asked", "rejected")
    ),
    ("console/sign_ins.py", "f'{kind}.unlocked'"): ("user.unlocked", "service_account.unlocked"),
    ("products/deciding.py", "f'subscription.{event}'"): (
        "subscription.approved_first", *(f"subscription.{verb.event}" for verb in VERBS.values()),
    ),
    ("things/changing.py", "f'{thing.subject}.{what}'"): tuple(
        f"{thing.subject}.{what}"
        for thing in THINGS.values()
        for what in ("changed", *SWITCHED, *(["removed"] if thing.word in REMOVABLE else []))
    ),
    ("console/filed.py", "making.event"): tuple(
        making_of(THINGS[word]).event for word in FILES
    ),
    ("console/filing.py", "f'{thing.subject}.changed'"): tuple(f"{THINGS[word].subject}.changed" for word in FILES),
    ("console/credentials.py", "f'{kind}.password_reset'"): ("user.password_reset", "service_account.password_reset"),
    **{
        ("things/linking.py", f"linking.events[{number}]"): tuple(one.events[number] for one in LINKINGS.values())
        for number in (0, 1)
    },
    **{
        (place, "making.event"): tuple(thing.making.event for thing in THINGS.values() if thing.making is not None)
        for place in ("things/changing.py", "commands/nouns.py")
    },
    ("grants/failing.py", "kind.event"): (PEOPLE.event, TECHNICAL.event),
    ("portal/technical_account.py", "f\"service_account.{('disabled' if off else 'enabled')}\""): (
        "service_account.disabled", "service_account.enabled",
    ),
    ("portal/applications/look.py", "_event(wanted)"): (
        "application.text_changed", "application.logo_changed", "application.logo_removed",
    ),
}  # fmt: skip
# A change of the schema imports nothing of the program; this one wrote an entry.
WRITTEN_BY_CHANGES = {"text.not_composed"}


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _imports_entry(tree: ast.Module) -> bool:
    """The console has another class of that name."""
    return any(isinstance(node, ast.ImportFrom) and node.module == "hoistway.store.audit" for node in ast.walk(tree))


def find_events(source: str) -> Iterator[ast.expr]:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _called(node)
        if name not in WRITERS or (name == "Entry" and not _imports_entry(tree)):
            continue
        if name == "note" and ast.unparse(node.func).endswith("tally.note"):
            continue
        arguments = [one for one in node.args if ast.unparse(one) not in {"tx", "self.tx", "change.tx"}]
        named = [keyword.value for keyword in node.keywords if keyword.arg == "event"]
        found = [*arguments[WRITERS[name] :], *named][:1]
        assert found, f"no event in {ast.unparse(node)}"
        yield found[0]


def judge(file: str, event: ast.expr) -> tuple[set[str], str | None]:
    """The names that it can be, and what is wrong."""
    if isinstance(event, ast.IfExp):
        (one, wrong), (other, wrong_too) = judge(file, event.body), judge(file, event.orelse)
        return one | other, wrong or wrong_too
    if isinstance(event, ast.Constant) and isinstance(event.value, str):
        return {event.value}, None if event.value in EVENTS else f"{file}: {event.value} is not in the registry"
    text = ast.unparse(event)
    if text == "event" and file in PASSED_ON:
        return set(), None
    names = COMPUTED.get((file, text))
    if names is None:
        return set(), f"{file}: {text} is computed and its names are not listed"
    strange = sorted(set(names) - set(EVENTS))
    return set(names), f"{file}: {text} can be {strange}" if strange else None


def walk() -> Iterator[tuple[str, ast.expr]]:
    for path in sorted(SOURCES.rglob("*.py")):
        for event in find_events(path.read_text(encoding="utf-8")):
            yield path.relative_to(SOURCES).as_posix(), event


def test_every_call_gives_a_name_of_the_registry_and_no_name_is_idle() -> None:
    said, wrong, computed = set(WRITTEN_BY_CHANGES), [], set()
    for file, event in walk():
        names, fault = judge(file, event)
        said |= names
        computed.add((file, ast.unparse(event)))
        wrong += [] if fault is None else [fault]
    assert wrong == [], "add the name to store/audit_events.py; where it is computed, to COMPUTED above"
    assert sorted(set(EVENTS) - said) == [], "nothing records these events"
    assert sorted(set(COMPUTED) - computed) == [], "the code no longer computes these"


@pytest.mark.parametrize(
    "source",
    [
        'await engine.record(tx, "users.disabled", id=1)',
        'await note(tx, f"user.{what}", id=1)',
        'await change.record("user.disabled" if off else "user.on")',
        "await self.record(name)",
        "await note(change.tx, event)",
        'added(row, lambda tx: add(tx, row), "unit.added", as_json)',
        'from hoistway.store.audit import Entry\nadd_entry(tx, Entry(a, b, "x.y", "server"))',
    ],
)
def test_a_strange_name_is_seen(source: str) -> None:
    faults = [judge("some/file.py", event)[1] for event in find_events(source)]
    assert len([fault for fault in faults if fault]) == 1


def callers_of(name: str) -> set[str]:
    return {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        if re.search(rf"(?<!def )\b{name}\(", path.read_text(encoding="utf-8"))
    }


def test_entries_are_added_where_the_walk_looks() -> None:
    """Whoever calls `write_entry` makes the entry there, so that its event is seen; `add_entry` alone would leave its
    customer out."""
    assert callers_of("add_entry") == {"store/audit_owners.py"}
    assert callers_of("write_entry") == {
        "accounts/archived.py", "applications/managing.py", "commands/context.py", "demo/directory.py", "demo/managing.py", "engine.py",
        "portal/own_application.py",
    }  # fmt: skip


def test_the_document_is_the_registry() -> None:
    text = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([\w.]+)` \| (.+) \|$", text, re.MULTILINE)
    assert set(documented) ^ set(EVENTS.items()) == set(), "docs/events.md has the lines of store/audit_events.py"
    assert documented == sorted(documented)
    assert list(EVENTS) == sorted(EVENTS), "events stand by name"
