"""The door of the command `hoistway`: loads what the word behind it needs (docs/adr/0005-processes.md)."""

import gc
import os
import sys
from importlib import import_module


def main() -> None:
    # A database, its log and lock files, exports: what this program writes is for its own user.
    os.umask(0o077)
    # Nothing that is loaded becomes garbage: to look for some takes a tenth of the time.
    gc.disable()
    # By name, so that a server does not carry the other commands and what they need: 15 MB in every worker.
    command = import_module("hoistway.server.command" if sys.argv[1:2] == ["serve"] else "hoistway.cli")
    gc.enable()
    command.main()


if __name__ == "__main__":
    main()
