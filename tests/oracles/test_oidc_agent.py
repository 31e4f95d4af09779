"""oidc-agent, which authenticates a public application by HTTP Basic with an empty password (RFC 6749 section 2.3.1)."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.flows.test_daemon import FORM, claims, post
from tests.server import Served
from tests.world import API_URI

Tool = Callable[..., str]


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[Tool]:
    """A command of the suite, with an agent of its own."""
    folder = tmp_path / "oidc"
    folder.mkdir()
    env = os.environ | {"HOME": str(tmp_path), "OIDC_CONFIG_DIR": str(folder), "OIDC_ENCRYPTION_PW": "a-test-needs-one"}

    def run(*words: str) -> str:
        done = subprocess.run(
            words, env=env, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    env |= dict(re.findall(r"(OIDC\w+)=([^;]+);", run("oidc-agent")))
    yield run
    run("oidc-agent", "-k")


def test_it_refreshes_with_an_empty_secret(served: Served, tool: Tool) -> None:
    scope = f"openid profile offline_access {API_URI}"
    first = post(served, **FORM, scope=scope).json()
    tool(
        "oidc-gen", "hoistway", "-m", "--iss", served.url, "--client-id=ropc", "--client-secret=", "--scope", scope,
        "--flow=refresh", "--rt", first["refresh_token"], "--pw-env=OIDC_ENCRYPTION_PW", "--confirm-default",
        "--prompt=none",
    )  # fmt: skip
    # Each is asked for anew: the agent keeps the rotated refresh token of the answer before.
    tokens = [tool("oidc-token", "--force-new", "hoistway").strip() for _ in range(3)]
    assert len({claims(token)["jti"] for token in tokens}) == 3
    for token in tokens:
        units = httpx2.get(f"{served.url}/api/v1/units", headers={"authorization": f"Bearer {token}"}).json()
        assert len(units["items"]) == 10
