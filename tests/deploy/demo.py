"""What an installation must be able to do: the demonstration, to a token, units and a page with its static files."""

import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx2


def check_demonstration(
    command: Sequence[str], base: str, folder: Path, environment: Mapping[str, str], meanwhile: Callable[[], None]
) -> None:
    """`command` serves it at `base`, from `folder`; `meanwhile` is called while it answers."""
    process = subprocess.Popen(
        command, cwd=folder, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        printed = ""
        for line in process.stdout:
            printed += line
            if line.startswith("curl "):
                break
        lines = "\n".join(line for line in printed.splitlines() if re.match(r"(TOKEN=|curl )", line))
        assert lines, process.communicate(timeout=10)
        # In a container the file that they read lies behind the root of its own.
        lines = lines.replace("'/var/lib/hoistway/", f"'{Path('/proc', str(process.pid), 'root')}/var/lib/hoistway/")
        units = subprocess.run(["bash", "-c", lines], capture_output=True, text=True, check=True, timeout=60).stdout
        assert units.startswith('{"items":[{"'), units
        page = httpx2.get(f"{base}/sign-in")
        linked = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
        assert linked
        assert {httpx2.get(base + path).status_code for path in linked} == {200}
        meanwhile()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
