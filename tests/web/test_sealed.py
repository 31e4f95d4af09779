"""Whatever is sealed is of one kind, one browser and one session; all kinds are walked."""

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest

import hoistway
from hoistway.web.sealed import (
    BadSeal,
    Holder,
    OtherSession,
    Sealed,
    Stale,
    browser_digest,
    public_session_id,
    seal,
    unseal,
)
from hoistway.web.shown import Kept, new_number
from hoistway.web.tickets import (
    Agreement,
    AtProvider,
    Claimed,
    Hint,
    LeavingProvider,
    ProviderHint,
    Ticket,
    open_ticket,
    reopen_ticket,
)

SOURCE = Path(hoistway.__file__).parent
KEY, NOW, LIFE = bytes(range(32)), 1_000, 100
MINE = Holder("b" * 43, "s" * 43)
OTHERS = (Holder("x" * 43, "s" * 43), Holder(None, "s" * 43), Holder("x" * 43, None))
LATER = (Holder("b" * 43, "x" * 43), Holder("b" * 43, None))


def _declared() -> list[tuple[str, str]]:
    """(module, class) of every kind, by the source, so that none is missed because nobody imported it."""
    found = []
    for file in SOURCE.rglob("*.py"):
        text = file.read_text()
        # Reading all of them as code would take seconds of each process that collects tests.
        for node in ast.walk(ast.parse(text)) if "(Sealed" in text else ():
            if isinstance(node, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id == "Sealed" for b in node.bases):
                module = ".".join(("hoistway", *file.relative_to(SOURCE).with_suffix("").parts))
                found.append((module, node.name))
    return found


KINDS: list[type[Sealed]] = [getattr(import_module(module), name) for module, name in _declared()]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)


def _filled(kind: str) -> Any:
    """Of a type whose name is this: the first of the words that are allowed, if only some are."""
    words = re.findall(r"'([^']+)'", kind)
    return {} if "dict" in kind else () if "tuple" in kind else words[0] if words else "x"


def example(kind: type[Sealed]) -> Sealed:
    """One with something in every field that must have something."""
    values: dict[str, Any] = {
        "browser": browser_digest("b" * 43), "made_at": NOW, "session": public_session_id("s" * 43)
    }  # fmt: skip
    for field in msgspec.structs.fields(kind):
        if field.required and field.name not in values:
            values[field.name] = {bool: False, int: 1}.get(field.type, _filled(str(field.type)))
    return kind(**values)


def test_there_are_kinds_and_no_two_share_a_word() -> None:
    assert len(KINDS) >= 2
    assert len({kind.kind for kind in KINDS}) == len(KINDS)


@every_kind
def test_its_own_browser_and_session_open_it(kind: type[Sealed]) -> None:
    value = example(kind)
    assert unseal(KEY, seal(KEY, value), kind, MINE, NOW + LIFE - 1, LIFE) == value


@every_kind
def test_nobody_else_opens_it(kind: type[Sealed]) -> None:
    text = seal(KEY, example(kind))
    for holder in OTHERS:
        with pytest.raises(BadSeal) as refused:
            unseal(KEY, text, kind, holder, NOW, LIFE)
        assert not isinstance(refused.value, OtherSession)
    for holder in LATER:
        with pytest.raises(OtherSession):
            unseal(KEY, text, kind, holder, NOW, LIFE)


@every_kind
def test_it_ends_is_of_one_kind_and_unaltered(kind: type[Sealed]) -> None:
    text = seal(KEY, example(kind))
    with pytest.raises(BadSeal):
        unseal(KEY, text, kind, MINE, NOW + LIFE, LIFE)
    with pytest.raises(BadSeal):
        unseal(bytes(32), text, kind, MINE, NOW, LIFE)
    for bad in ("", "x", text[:-4], text[:30] + ("A" if text[30] != "A" else "B") + text[31:], "é"):
        with pytest.raises(BadSeal):
            unseal(KEY, bad, kind, MINE, NOW, LIFE)
    for other in KINDS:
        if other is not kind:
            with pytest.raises(BadSeal):
                unseal(KEY, text, other, MINE, NOW, LIFE)


@every_kind
def test_what_a_page_carries_is_as_long_each_time(kind: type[Sealed]) -> None:
    """HEAD says the length that GET has. Addresses and rows are packed instead."""
    assert kind.packed == (kind in {AtProvider, Claimed, Kept, LeavingProvider, ProviderHint, Ticket})
    if not kind.packed:
        texts = [{**msgspec.structs.asdict(example(kind)), "made_at": NOW + turn} for turn in range(200)]
        numbered = [{**one, "number": new_number()} if "number" in one else one for one in texts]
        assert len({len(seal(KEY, kind(**one))) for one in numbered}) == 1


def test_what_somebody_did_for_a_request_is_left_out_for_the_next() -> None:
    """Every field of a ticket is either of the request or of its person; a new one must be put on one side."""
    of_request = {"params", "browser", "made_at", "tenant", "policy", "is_tfp", "hint"}
    of_person = {"session", "signed_in_at", "customer", "asked", "agreed"}
    assert of_request | of_person == set(Ticket.__struct_fields__)
    said = Agreement("u", "s", "c", frozenset({("api", "scope")}))
    full = Ticket(
        params={"a": "b"}, browser=browser_digest("b" * 43), made_at=NOW, tenant="t", policy="p", is_tfp=True, hint=Hint("u"),
        session=public_session_id("s" * 43), signed_in_at=NOW, customer="c", asked=said, agreed=said,
    )  # fmt: skip
    text = seal(KEY, full)
    for holder, now in ((OTHERS[0], NOW), (MINE, NOW + LIFE), (Holder(None, None), NOW)):
        with pytest.raises(Stale) as stale:
            open_ticket(KEY, text, holder, now, LIFE)
        again = reopen_ticket(stale.value, "n" * 43, NOW + 500)
        assert (again.browser, again.made_at) == (browser_digest("n" * 43), NOW + 500)
        same = {name for name in Ticket.__struct_fields__ if getattr(again, name) == getattr(full, name)}
        assert same == of_request - {"browser", "made_at"}
    assert open_ticket(KEY, text, MINE, NOW, LIFE) == full
    for holder in LATER:
        found = open_ticket(KEY, text, holder, NOW, LIFE)
        assert {name for name in Ticket.__struct_fields__ if getattr(found, name) == getattr(full, name)} == of_request


def test_nothing_is_sealed_elsewhere() -> None:
    files = {str(file.relative_to(SOURCE)) for file in SOURCE.rglob("*.py") if "AESGCM" in file.read_text()}
    assert files == {"web/sealed.py", "tokens/vault.py", "authn/links.py"}
