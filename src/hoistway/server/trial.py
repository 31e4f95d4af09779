"""The program started anew beside the one that serves, to see whether it would (docs/adr/0024-reload.md)."""

import json
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

TRIED_WITHIN = 120.0
_MOST_SAID = 1000


class Trial:
    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        """Raises OSError."""
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  read when the process has ended
        self._until = time.monotonic() + TRIED_WITHIN
        self._process = subprocess.Popen(  # noqa: S603  our own command line
            command, env=environ, stdin=subprocess.DEVNULL, stdout=self._said, stderr=self._said
        )

    def outcome(self) -> str | None:
        """None while it runs, "" where it would serve, else why it would not."""
        code = self._process.poll()
        if code is None and time.monotonic() < self._until:
            return None
        if code == 0:
            self._said.close()
            return ""
        reason = f"it took longer than {TRIED_WITHIN:g} s" if code is None else self._reason(code)
        self.end()
        return reason

    def _reason(self, code: int) -> str:
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        said = _plain(lines)
        return f"{said or 'it ended without a word'} (exit code {code})"

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._said.close()


def _plain(lines: Sequence[str]) -> str:
    """What it said last, without the form of the log; all of a refusal, which may have several lines."""
    begin = max((at for at, line in enumerate(lines) if line.startswith("hoistway: ")), default=max(0, len(lines) - 1))
    text = "\n".join(lines[begin:]).removeprefix("hoistway: ")
    with suppress(ValueError, KeyError, TypeError):
        text = str(json.loads(text)["because"])
    return text[:_MOST_SAID]
