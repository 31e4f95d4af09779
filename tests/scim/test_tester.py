"""scim2-tester, a suite of its own, against the real server (https://scim2-tester.readthedocs.io)."""

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from tests.scim.directory import Directory
from tests.server import Served


def test_every_check_passes(served: Served) -> None:
    directory = Directory(served, "c-a")
    headers = {"authorization": f"Bearer {directory.token}"}
    with httpx2.Client(base_url=directory.base, headers=headers, verify=False, timeout=30) as http:
        results = check_server(SyncSCIMClient(http))
    failed = [
        f"{one.title}: {one.reason}"
        for one in results
        if one.status in {Status.DEVIATION, Status.ERROR, Status.CRITICAL}
    ]
    assert not failed, "\n".join(failed)
    assert sum(one.status == Status.SUCCESS for one in results) > 60
