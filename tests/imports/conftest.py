"""A server and the command line beside it, as for the command line's own tests."""

from tests.cli.conftest import _running, managed

__all__ = ["_running", "managed"]
