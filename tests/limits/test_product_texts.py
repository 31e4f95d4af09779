"""Products speak the reader's language: portal, console, API and command line, on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hoistway.protocol.ids import ProductId
from hoistway.store.audit import latest_entries
from hoistway.store.db import Database
from hoistway.store.migrate import migrate
from hoistway.store.products import find_product
from hoistway.store.subscription_lists import find_listed
from tests.cli.running import answer, point_at, run
from tests.limits.selling import Shop, product
from tests.limits.test_pages import NEW
from tests.portal.signing_in import Visitor
from tests.store.before import Old, on_connection
from tests.store.test_schema import on

GERMAN = {"name_de": "Gold auf Deutsch", "description_de": "Für Bergleute.", "terms_de": "Seien Sie freundlich."}
ADD = ("product", "add", "gold", "--name", "Gold", "--description", "For miners.", "--api", "customer-api")


@pytest.fixture
def adam(shop: Shop) -> Iterator[Visitor]:
    visitor = Visitor(shop.served.url).sign_in("adam")
    yield visitor
    visitor.close()


def speak(visitor: Visitor, lang: str) -> None:
    visitor.http.headers["accept-language"] = lang


def test_an_operator_gives_both_and_readers_see_theirs(shop: Shop, adam: Visitor) -> None:
    olga = Visitor(shop.served.url).sign_in("olga")
    texts = {**NEW, **GERMAN, "terms": "Be kind."}
    olga.get("/console/products/new")
    for name, value in (("name_de", "\u202e"), ("description_de", "x" * 1001), ("terms", "")):
        assert olga.post("/console/products/new", **{**texts, name: value}).status_code == 422, name
        olga.get("/console/products/new")
    assert olga.post("/console/products/new", **texts).status_code == 303
    olga.get("/console/products/gold")
    assert 'value="Gold auf Deutsch"' in olga.page
    shop.clock.turn(2)
    speak(adam, "en")
    for path, seen in (
        ("/portal/products", ("Gold", "For miners.")), ("/portal/products/gold", ("Gold", "For miners.", "Be kind.")),
    ):  # fmt: skip
        adam.get(path)
        assert all(f"<bdi>{text}</bdi>" in adam.page or f">{text}<" in adam.page for text in seen)
        assert "Deutsch</bdi>" not in adam.page
    speak(adam, "de")
    adam.get("/portal/products")
    assert "Gold auf Deutsch" in adam.page
    assert "Für Bergleute." in adam.page
    adam.get("/portal/products/gold")
    assert all(text in adam.page for text in GERMAN.values())
    assert "Be kind." not in adam.page
    reply = adam.post("/portal/products/gold/subscriptions", name="Meins", terms_accepted="yes")
    assert reply.status_code == 200, reply.text
    for path in ("/portal/subscriptions", "/portal/usage"):
        adam.get(path)
        assert "Gold auf Deutsch" in adam.page, path
    speak(olga, "de")
    for path in ("/console/products", "/console/subscriptions?state=every"):
        olga.get(path)
        assert "Gold auf Deutsch" in olga.page, path
    olga.get("/console/products/gold")
    assert (
        olga.post("/console/products/gold", do="disable", confirm=GERMAN["name_de"], keys_now="yes").status_code == 303
    )

    async def read(db: Database) -> str:
        return (await latest_entries(db, "subscription.added"))[0].detail

    assert '"lang":"de"' in on(shop.served.database, read).replace(" ", "")
    olga.close()


def test_what_has_no_german_text_is_shown_as_it_is(shop: Shop, adam: Visitor) -> None:
    row = shop.offer(product("tin", key_use="optional", terms="Be kind."))
    subscription, _keys = shop.subscribe(row)
    speak(adam, "de")
    for path in ("/portal/products", "/portal/products/tin", "/portal/subscriptions"):
        adam.get(path)
        assert "Tin" in adam.page, path
    assert shop.call(path="/api/v1/me/limits").json()["product"] == {"id": "tin", "name": "Tin", "name_de": "Tin"}
    shop.alter(row, name_de="Zinn")
    assert shop.call(path="/api/v1/me/limits").json()["product"] == {"id": "tin", "name": "Tin", "name_de": "Zinn"}
    listed = on(shop.served.database, lambda db: find_listed(db, subscription))
    assert listed is not None
    assert (listed.product_in("en"), listed.product_in("de")) == ("Tin", "Zinn")


def test_the_command_line_gives_and_takes_them(
    monkeypatch: pytest.MonkeyPatch, migrated_url: str, tmp_path: Path
) -> None:
    point_at(monkeypatch, migrated_url)
    answer(
        "api", "add", "customer-api", "--name", "Customer API", "--audience", "https://a", "--scope", "units.read=See"
    )
    terms, german = tmp_path / "terms.txt", tmp_path / "bedingungen.txt"
    terms.write_text("Be kind.\n", encoding="utf-8")
    german.write_text("Seien Sie freundlich.\n", encoding="utf-8")
    more = ("--name-de", "Gold auf Deutsch", "--description-de", "Für Bergleute.", "--terms-de", str(german))
    assert "terms-de" in run(*ADD, *more, code=2).output
    made = answer(*ADD, *more, "--terms", str(terms))
    assert {name: made[name] for name in GERMAN} == GERMAN
    changed = answer("product", "set", "gold", "--description", "For all.", "--name-de", "", "--terms-de", str(terms))
    assert (changed["name"], changed["name_de"], changed["description"]) == ("Gold", "", "For all.")
    assert (changed["terms_de"], changed["description_de"]) == ("Be kind.", GERMAN["description_de"])
    assert answer("product", "show", "gold") == changed
    run("product", "set", "gold", "--name", "", code=2)
    run("product", "set", "gold", "--description-de", "x" * 1001, code=2)
    run("product", "set", "lead", "--name", "Lead", code=1)
    assert answer("product", "show", "gold") == changed


def test_products_of_the_version_before_keep_their_texts(database_url: str) -> None:
    migrate(database_url, "0028")
    on_connection(
        database_url,
        lambda connection: Old(connection).add(
            "products",
            id="p",
            name="Gold",
            description="For miners.",
            terms="Be kind.",
            apis='["a"]',
            key_use="required",
        ),
    )
    migrate(database_url)
    row = on(database_url, lambda db: find_product(db, ProductId("p")))
    assert row is not None
    for lang in ("en", "de"):
        assert (row.name_in(lang), row.description_in(lang), row.terms_in(lang)) == ("Gold", "For miners.", "Be kind.")
    assert (row.name_de, row.description_de, row.terms_de) == ("", "", "")
