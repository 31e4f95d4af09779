"""What is left of rates and quotas, as the usage page shows it; a key counts for its own customer alone."""

import asyncio

from hoistway.protocol.limits import Limit
from hoistway.store.open import open_database
from hoistway.store.usage_shape import Kind
from tests.engines import EngineName, drop_database, fresh_database
from tests.limits.selling import Shop, product
from tests.portal.signing_in import Visitor
from tests.server import Clock, populate, serving
from tests.usage.counts import kinds
from tests.world import A, B


def left(visitor: Visitor) -> list[str]:
    """Each allowance as plain words."""
    visitor.get("/portal/usage")
    cards = visitor.page.split('<li class="card">')[1:]
    return [" ".join(card.split("<svg")[0].replace("<", " <").replace(">", "> ").split()) for card in cards]


def test_what_is_left_is_seen_by_its_customer_without_being_used(engine_name: EngineName) -> None:
    url, clock = fresh_database(engine_name, populate), Clock()
    with serving(url, now=clock) as served:
        shop = Shop(served, clock)
        row = shop.offer(product("gold", key_use="optional", rate=Limit(50, 3600), quota=Limit(1_000, 86_400)))
        own, keys = shop.subscribe(row, A, name="Nightly <job>")
        shop.subscribe(row, A, name="Not yet", state="submitted")
        shop.subscribe(row, B, name="Secret of b")
        assert shop.statuses(4, keys["primary"]) == [200] * 4
        assert shop.statuses(1) == [200]
        for _ in range(3):
            assert shop.call(keys["primary"], customer=B).status_code == 401
        ann, bob = (Visitor(served.url).sign_in(name) for name in ("ann", "bob"))
        for _ in range(2):
            seen = "\n".join(left(ann))
            for words in (
                "> 49 <",
                "> 999 <",
                "> 46 <",
                "> 996 <",
                "Nightly &lt;job&gt;",
                "> 1,000 <",
                "per <bdi> day",
            ):
                assert words in seen, words
            assert len(left(ann)) == 4
            assert "Not yet" not in seen
            assert "Secret of b" not in seen
        assert any("Secret of b" in card and "> 50 <" in card for card in left(bob))
        assert "Nightly" not in bob.page
        ann.close()
        bob.close()
        shop.http.close()
    found = asyncio.run(read(url))
    assert {kind.subscription_id: kind.calls for kind in found["c-a"] if kind.surface == "api"} == {own: 4, "": 1}
    assert {kind.subscription_id for kind in found["c-b"]} == {""}
    drop_database(url)


async def read(url: str) -> dict[str, list[Kind]]:
    db = await open_database(url)
    found = {customer: await kinds(db, customer) for customer in ("c-a", "c-b")}
    await db.close()
    return found
