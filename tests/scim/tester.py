"""scim2-tester, a suite of its own (https://scim2-tester.readthedocs.io). Whoever needs it imports this when a test runs: what it is
made of takes seconds to import, in each process that collects tests."""

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server


def check(base_url: str, token: str) -> tuple[list[str], int]:
    """What failed, and how many checks passed."""
    headers = {"authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=base_url, headers=headers, verify=False, timeout=30) as http:
        results = check_server(SyncSCIMClient(http))
    wrong = {Status.DEVIATION, Status.ERROR, Status.CRITICAL}
    failed = [f"{one.title}: {one.reason}" for one in results if one.status in wrong]
    return failed, sum(one.status == Status.SUCCESS for one in results)
