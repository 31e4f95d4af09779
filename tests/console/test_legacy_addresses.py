"""Which applications still call B2C-shaped addresses: counted by application and day, shown on the page and by the command."""

from collections.abc import Iterator

import pytest

from hoistway.protocol.ids import ClientId
from hoistway.store.address_uses import address_uses
from hoistway.store.db import Writer
from hoistway.store.legacy_uses import LegacyUse, add_legacy_uses
from tests.attacks.asking import CHALLENGE, post
from tests.cli.running import answer, manage, run
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import Person
from tests.portal.signing_in import Visitor
from tests.server import Served, change, populate, serving
from tests.store.test_schema import on
from tests.world import API_URI, NOW, PASSWORD, SECRET, TENANT_NAME, A

ROPC, SIGN_IN = (f"/{TENANT_NAME}/{policy}/oauth2/v2.0" for policy in ("B2C_1_ROPC", "B2C_1_SignIn"))
BY_PASSWORD = {"grant_type": "password", "client_id": "ropc", "username": "daemon-a", "scope": API_URI}
AS_DAEMON = {"grant_type": "client_credentials", "client_id": "daemon", "client_secret": SECRET}


@pytest.fixture
def used(engine_name: EngineName) -> Iterator[Served]:
    """A server that others were called before it; what these counted was written when they ended."""
    url = fresh_database(engine_name, populate)
    with serving(url) as served:
        for guess in (PASSWORD, PASSWORD, "wrong"):
            post(served, f"{ROPC}/token", **BY_PASSWORD, password=guess)
        assert post(served, f"/tfp{SIGN_IN}/token", **AS_DAEMON).status_code == 200
        asked = {"scope": f"openid {API_URI}", **CHALLENGE}
        assert Person(served).authorize("spa", path=f"{SIGN_IN}/authorize", **asked).status_code == 200
        # Nobody's, and those of the standard paths.
        post(served, f"{ROPC}/token", **{**BY_PASSWORD, "client_id": "nobody"}, password=PASSWORD)
        assert post(served, **AS_DAEMON).status_code == 200
        assert Person(served).authorize("web", scope="openid", **CHALLENGE).status_code == 200
    with serving(url) as served:
        yield served
    drop_database(url)


def test_page_and_command_name_the_applications(used: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        manage(patch, used)
        rows = answer("legacy", "addresses")
        assert [(row["client_id"], row["address"], row["uses"]) for row in rows] == [
            ("ropc", "token", 3), ("daemon", "token", 1), ("spa", "authorize", 1),
        ]  # fmt: skip
        assert (rows[1]["owner_id"], rows[1]["owner"], rows[2]["owner_id"]) == (A, f"Customer {A}", None)
        assert rows == answer("legacy", "addresses", "--days", "1")
        assert len(answer("legacy", "addresses", "--most", "1")) == 1
        assert "Ropc" in run("legacy", "addresses").stdout
        run("legacy", "addresses", "--days", "0", code=2)
        assert [row["flow"] for row in answer("legacy", "list")] == ["password"], "these are counted by themselves"
    for lang, title in (("en", "B2C-shaped addresses"), ("de", "Adressen in der Form von B2C")):
        olga = Visitor(used.url, lang).sign_in("olga")
        olga.get("/console/legacy")
        section = olga.page.split(title)[1].split("</section>")[0]
        assert [section.count(f"/console/applications/{one}") for one in ("ropc", "daemon", "spa", "web")] == [
            1,
            1,
            1,
            0,
        ]
        assert "/console/customers/c-a" in section
        olga.close()


def test_only_the_days_that_are_asked_for_count(used: Served) -> None:
    async def write(tx: Writer) -> None:
        await add_legacy_uses(tx, [
            LegacyUse(ClientId(client_id), flow, day, 5, NOW)
            for client_id in ("ropc", "daemon")
            for flow in ("password", "b2c-token")
            for day in ("2023-01-01", "2023-02-01")
        ])  # fmt: skip

    change(used.database, write)
    found = on(used.database, lambda db: address_uses(db, "2023-02-01", 2))
    assert [(one.client_id, one.address, one.uses) for one in found] == [("ropc", "token", 8), ("daemon", "token", 6)]
