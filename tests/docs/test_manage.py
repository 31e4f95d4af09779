"""docs/manage.md is walked: each command is run as it stands, in one shell."""

import httpx2

from tests.docs.test_tours import Shell, blocks, shell
from tests.server import Served

__all__ = ["shell"]
WANTED = (
    ("c-quay", "c-quay", "s-quay", "DE-7001"),
    ("c-never",),
    ("administrator",),
    ("DE-7001",),
    ("Calls for one house", "DE-7001", "hwk_", "cancelled"),
    ("Quay and Harbour Estates", "manager", "disabled_at"),
    ("Quay and Harbour Estates", "next_cursor"),
    ("in-use", "applications"),
    ('"status":201', '"status":200', '"status":409'),
)
"""What the answers of each block tell."""


def test_the_commands_work(shell: tuple[Shell, Served]) -> None:
    opened, served = shell
    first, *rest = [commands for _heading, commands in blocks("manage.md")]
    assert opened.run(first) == ""
    assert len(rest) == len(WANTED)
    for commands, wanted in zip(rest, WANTED, strict=True):
        said = opened.run(commands)
        for word in wanted:
            assert word in said, said
            said = said.partition(word)[2]
    token = opened.run("echo $TOKEN").strip()
    bearer = {"authorization": f"Bearer {token}"}
    assert httpx2.get(f"{served.url}/manage/v1/customers/c-never", headers=bearer).status_code == 404
    disabled = httpx2.get(f"{served.url}/manage/v1/customers?disabled=true", headers=bearer).json()
    assert disabled["items"] == []
