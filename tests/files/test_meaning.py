"""What the plan says about programs that run."""

import os
from pathlib import Path

import pytest

from hoistway.files.document import MOST_THINGS, BadDocument, merged, read_document
from hoistway.files.meaning import meaning_of
from hoistway.files.secrets import BadReference, resolve
from hoistway.files.texts import same


@pytest.mark.parametrize(
    ("kind", "member", "before", "after", "words"),
    [
        ("applications", "redirect_uris", "a\nb", "b\nc", ["sign-ins that return to a are refused"]),
        ("applications", "redirect_uris", "a", "a\nb", []),
        ("applications", "name", "a", "b", []),
        (
            "apis",
            "scopes",
            "look=Look\nrun=Run",
            "look=See",
            ["nobody gets run any more, and what was agreed to is taken away"],
        ),
        ("products", "rate", "10/1", "5/1", ["programs beyond it are answered 429"]),
        ("products", "disabled", "no", "yes", ["its keys are refused, within 5 seconds"]),
    ],
)
def test_each_change_in_words(kind: str, member: str, before: str, after: str, words: list[str]) -> None:
    assert list(meaning_of(kind, member, before, after)) == words


def test_the_order_of_a_list_means_nothing() -> None:
    assert same("scopes", "a\nb", "b\na")
    assert not same("name", "a\nb", "b\na")


def test_a_secret_is_a_reference() -> None:
    assert resolve(["env:A"], {"A": "x" * 32}) == {"env:A": "x" * 32}
    for bad in ("x" * 40, "env:B", "file:/nowhere/at/all", "http://x"):
        with pytest.raises(BadReference) as refused:
            resolve([bad], {"A": "x"})
        assert "x" * 40 not in str(refused.value)


def test_what_is_the_servers_own_is_no_secret_of_an_application(tmp_path: Path) -> None:
    key, other, pipe = tmp_path / "key", tmp_path / "other", tmp_path / "pipe"
    key.write_text("k" * 43)
    other.symlink_to(key)
    os.mkfifo(pipe)
    environ = {"HOISTWAY_MASTER_KEY_FILE": str(key), "HOISTWAY_MASTER_KEY": "k" * 43}
    for bad in ("env:HOISTWAY_MASTER_KEY", f"file:{key}", f"file:{other}", f"file:{pipe}"):
        with pytest.raises(BadReference):
            resolve([bad], environ)
    assert resolve([f"file:{key}"], {}) == {f"file:{key}": "k" * 43}


def test_files_of_two_sets_are_not_one() -> None:
    documents = [(name, read_document(name, {"set": name})) for name in ("a", "b")]
    with pytest.raises(BadDocument, match="apply each set by itself"):
        merged(documents)


def test_so_many_things_are_applied_at_once() -> None:
    many = {"customers": [{"id": f"c-{number}", "name": "A"} for number in range(MOST_THINGS + 1)]}
    with pytest.raises(BadDocument, match="5,000 things"):
        merged([("a", read_document("a", many))])
