"""scim2-tester, a suite of its own, against the real server (https://scim2-tester.readthedocs.io)."""

from importlib import import_module

from tests.scim.directory import Directory
from tests.server import Served


def test_every_check_passes(served: Served) -> None:
    directory = Directory(served, "c-a")
    failed, passed = import_module("tests.scim.tester").check(directory.base, directory.token)
    assert not failed, "\n".join(failed)
    assert passed > 60
