"""Runs the program a second time, beside the one that serves, to see whether it would start (docs/adr/0024-reload.md)."""

import json
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from hoistway.server.door import Outcome

TRIED_WITHIN = 120.0
# Before what a trial says that a reload would change.
WOULD = "hoistway: would: "
WARNS = "hoistway: warning: "
_MOST_SAID, _MOST_WARNINGS = 1000, 10


class Trial:
    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        """Raises OSError."""
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  read when the process has ended
        self._until = time.monotonic() + TRIED_WITHIN
        self._process = subprocess.Popen(  # noqa: S603  our own command line
            command, env=environ, stdin=subprocess.DEVNULL, stdout=self._said, stderr=self._said
        )

    def outcome(self) -> Outcome | None:
        """None while the trial runs. Then whether the program would serve: if so, what it would change, if not, why."""
        code = self._process.poll()
        if code is None and time.monotonic() < self._until:
            return None
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()
        self.end()
        warnings = _warnings(said)
        if code == 0:
            would = (line.removeprefix(WOULD) for line in said if line.startswith(WOULD))
            return Outcome(True, "; ".join(would), warnings)
        if code is None:
            return Outcome(False, f"it took longer than {TRIED_WITHIN:g} s", warnings)
        others = [line for line in said if not line.startswith(WARNS)]
        return Outcome(False, f"{_plain(others) or 'it ended without a word'} (exit code {code})", warnings)

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._said.close()


def _warnings(lines: Sequence[str]) -> tuple[str, ...]:
    found = [line.removeprefix(WARNS)[:_MOST_SAID] for line in lines if line.startswith(WARNS)]
    more = len(found) - _MOST_WARNINGS
    return (*found[:_MOST_WARNINGS], *([f"{more} more warnings are not told here"] if more > 0 else []))


def _plain(lines: Sequence[str]) -> str:
    """Its last message without the form of the log; a refusal completely, as it may have several lines."""
    begin = max((at for at, line in enumerate(lines) if line.startswith("hoistway: ")), default=max(0, len(lines) - 1))
    text = "\n".join(lines[begin:]).removeprefix("hoistway: ")
    with suppress(ValueError, KeyError, TypeError):
        text = str(json.loads(text)["because"])
    return text[:_MOST_SAID]
