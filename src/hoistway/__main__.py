"""The entry of the command `hoistway`: imports only what the given subcommand needs (docs/adr/0005-processes.md)."""

import gc
import os
import sys
from importlib import import_module


def main() -> None:
    # Files that this program writes (a database, its log and lock files, exports) are for its own user only.
    os.umask(0o077)
    # Nothing created while modules are imported becomes garbage; without looking for it, imports take less time.
    gc.disable()
    # Imported by name, so that a server does not carry the other commands and what they need: 15 MB in every worker.
    command = import_module("hoistway.server.command" if sys.argv[1:2] == ["serve"] else "hoistway.cli")
    gc.enable()
    command.main()


if __name__ == "__main__":
    main()
