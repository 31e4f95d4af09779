"""What an application's page says for its first call is run as it stands there."""

import json
import re
from html import unescape
from pathlib import Path

from tests.portal.asking import granted, made_secret, visitor
from tests.portal.docs.running import run_shell
from tests.server import Served


def test_a_daemons_first_call(served: Served, tmp_path: Path) -> None:
    one = visitor(served, "ann")
    client_id = granted(one, type="daemon", redirect_uris="")
    secret = made_secret(one, client_id)
    one.get(f"/portal/applications/{client_id}")
    [call] = [
        block for block in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", one.page, re.DOTALL) if "TOKEN" in block
    ]
    said = run_shell(unescape(re.sub(r"<[^>]+>", "", call)), tmp_path / "state", {"SECRET": secret})
    assert len(json.loads(said)["items"]) == 12
    one.close()
