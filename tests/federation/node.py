"""node-oidc-provider as a process of its own, which is certified by the OpenID Foundation and strict."""

import json
import re
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
        return walk_in(browser, location, answer, home)


def walk_in(browser: httpx2.Client, location: str, answer: str, home: str) -> str:
    """The same in a browser that is signed in there afterwards."""
    for _ in range(12):
        if location.startswith(home):
            return location
        if urlsplit(location).path.startswith("/interaction/") and "?" not in location:
            location += f"?{answer}"
        reply = browser.get(location)
        assert reply.status_code in {302, 303}, reply.text
        location = urljoin(location, reply.headers["location"])
    raise AssertionError("the provider leads nowhere")


def sign_out_there(browser: httpx2.Client, issuer: str) -> None:
    """Opens the provider's page for signing out, and confirms."""
    page = browser.get(f"{issuer}/session/end")
    found = re.search(r'name="xsrf" value="([^"]+)"', page.text)
    assert found, page.text
    reply = browser.post(f"{issuer}/session/end/confirm", data={"xsrf": found[1], "logout": "yes"})
    assert reply.status_code in {302, 303}, reply.text


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
