"""Row 34, for every endpoint and every pair of customers: the exact set of ids, and never a word of anybody else's."""

from collections.abc import Iterator
from random import Random

import httpx2
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hoistway.routes import ROUTES
from tests.attacks.asking import parts_of, redeem
from tests.attacks.generated import ALL, Holder, World, worlds, write
from tests.attacks.probes import PROBES, Asking
from tests.flows.browser import Person
from tests.server import Served, change
from tests.world import API_URI, PASSWORD, SECRET

SCOPE = "openid profile email offline_access units.read profile.read profile.write"


def test_every_route_of_the_api_is_probed() -> None:
    """A new one needs a probe here before it is served."""
    assert {(r.path, method) for r in ROUTES if r.path.startswith("/api/v1") for method in r.methods} == set(PROBES)


def post(http: httpx2.Client, path: str = "/oauth2/token", **form: str) -> httpx2.Response:
    return http.post(path, data=form)


def of_accounts(http: httpx2.Client, world: World) -> Iterator[Holder]:
    """Of every customer's technical account, by password and by its daemon's secret."""
    for customer, account in world.accounts.items():
        form = {"username": account, "password": PASSWORD, "scope": f"openid offline_access {API_URI}"}
        others = post(http, grant_type="password", client_id="ropc", **form).json()
        yield Holder(world, customer, account, False, ALL, others["access_token"], others, "ropc")
        app = world.apps[customer]
        secret = post(http, grant_type="client_credentials", client_id=app, client_secret=SECRET).json()
        yield Holder(world, customer, account, False, ALL, secret["access_token"], secret, app)


def of_people(served: Served, world: World) -> Iterator[Holder]:
    """Of everybody, for every customer that lets them in; an employee without a place acts for the customer."""
    for somebody in world.people:
        browser = Person(served)
        for customer in world.customers:
            place = somebody.places.get(customer, ALL if somebody.employee else None)
            if place is not None:
                code, verifier = browser.code("web", somebody.id, SCOPE, customer=customer)
                others = redeem(served, code, verifier, "web", client_secret=SECRET).json()
                yield Holder(world, customer, somebody.id, True, place, others["access_token"], others, "web")


def token_endpoints(asking: list[Asking]) -> None:
    """Introspection and revocation by another customer's client, refresh under another customer's name, userinfo."""
    http = asking[0].http
    for me in asking:
        info = me.get("/oauth2/userinfo")
        assert info.status_code == (200 if me.holder.others.get("id_token") else 403)
        for customer, app in me.holder.world.apps.items():
            form = {"client_id": app, "client_secret": SECRET}
            nonsense = post(http, "/oauth2/introspect", **form, token="nonsense").content
            for token in tokens_of(me.holder):
                if customer != me.holder.customer:
                    assert post(http, "/oauth2/introspect", **form, token=token).content == nonsense
                    assert post(http, "/oauth2/revoke", **form, token=token).content == b"{}"
        assert me.get("/api/v1/me").status_code == 200
        check_refresh(me)


def tokens_of(holder: Holder) -> list[str]:
    return [value for name, value in holder.others.items() if name in {"access_token", "refresh_token", "id_token"}]


def check_refresh(me: Asking) -> None:
    """Each customer is named in turn: the holder's own is answered, every other one refused."""
    token = me.holder.others.get("refresh_token")
    if token is None:
        return
    form = {"grant_type": "refresh_token", "client_id": me.holder.app}
    form |= {"client_secret": SECRET} if me.holder.app == "web" else {}
    for customer in me.holder.world.customers:
        reply = post(me.http, **form, refresh_token=token, customer=customer)
        if customer != me.holder.customer:
            assert (reply.status_code, reply.json()["error"]) == (400, "invalid_target")
            continue
        assert reply.status_code == 200, reply.text
        me.check(reply, set())
        assert parts_of(reply.json()["access_token"])[1]["customer"] == me.holder.customer


def one_uses_what_the_other_was_given(one: Asking, other: Asking) -> None:
    """Cursors and ETags of one holder's lists, in the hands of another customer's."""
    for path, key in (("/api/v1/units", "unitId"), ("/api/v1/sites", "siteId")):
        given = one.http.get(path, params={"limit": "1"}, headers={"authorization": f"Bearer {one.holder.token}"})
        own = other.get(path, limit="1")
        again = other.send("GET", path, params={"limit": "1"}, more={"if-none-match": given.headers["etag"]})
        same = given.headers["etag"] == own.headers["etag"]
        assert again.status_code == (304 if same else 200)
        assert not same or given.content == own.content
        cursor = given.json()["next_cursor"]
        if cursor is not None:
            last = given.json()["items"][0][key]
            everything = [item[key] for item in other.get(path, limit="1000").json()["items"]]
            found = [item[key] for item in other.send("GET", path, params={"cursor": cursor}).json()["items"]]
            assert found == [name for name in everything if name > last]


GENERATED = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@GENERATED
@given(world=worlds(), seed=st.integers(0, 1 << 16))
def test_each_token_sees_exactly_its_own(served: Served, world: World, seed: int) -> None:
    """Acceptance: no endpoint gives a byte of another customer's, whoever asks."""
    change(served.database, lambda tx: write(tx, world))
    with httpx2.Client(base_url=served.url, timeout=30) as http:
        holders = [*of_accounts(http, world), *of_people(served, world)]
        asking = [Asking(http, holder, Random(seed + number)) for number, holder in enumerate(holders)]
        for me in asking:
            for probe in PROBES.values():
                probe(me)
        for one in asking:
            for other in asking:
                if one.holder.customer != other.holder.customer:
                    one_uses_what_the_other_was_given(one, other)
        token_endpoints(asking)
