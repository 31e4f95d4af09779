"""node-oidc-provider as a process of its own, which is certified by the OpenID Foundation and strict."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2

SCRIPTS = Path(__file__).parent.parent / "npm"


def walk(location: str, answer: str, home: str) -> str:
    """A browser that follows the provider's redirects, and says `answer` to its question; returns the first address that
    leads back to `home`."""
    with httpx2.Client(timeout=30) as browser:
        for _ in range(12):
            if location.startswith(home):
                return location
            if urlsplit(location).path.startswith("/interaction/") and "?" not in location:
                location += f"?{answer}"
            reply = browser.get(location)
            assert reply.status_code in {302, 303}, reply.text
            location = urljoin(location, reply.headers["location"])
    raise AssertionError("the provider leads nowhere")


@contextmanager
def node_provider(port: int, client: dict[str, object], people: dict[str, dict[str, object]]) -> Iterator[str]:
    """Its issuer."""
    command = ["node", "oidc_provider.mjs", str(port), json.dumps(client), json.dumps(people)]
    process = subprocess.Popen(command, cwd=SCRIPTS, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "listening"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()
