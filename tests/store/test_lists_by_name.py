"""A database of the version before gets the indexes that lists and searches read, and keeps its rows."""

from sqlalchemy import Connection, inspect

from hoistway.store.migrate import migrate
from hoistway.store.site_search import search_sites
from hoistway.store.unit_search import search_units
from tests.store.before import Old, on_connection
from tests.store.test_schema import on

BEFORE = "0025"


def _world(connection: Connection) -> None:
    old = Old(connection)
    old.add("sites", id="s-1", name="Quay", street="Harbour Road 9", city="Hamburg")
    old.add("units", id="US-1", site_id="s-1", equipment_type="elevator", serial_number="SN-1")


def _indexes(connection: Connection) -> set[str]:
    tables = ("customers", "sites", "users", "service_accounts", "clients", "units", "unit_access")
    return {str(index["name"]) for table in tables for index in inspect(connection).get_indexes(table)}


def test_rows_of_the_version_before_are_listed_and_found(database_url: str) -> None:
    migrate(database_url, BEFORE)
    on_connection(database_url, _world)
    before = on_connection(database_url, _indexes)
    migrate(database_url)
    assert on_connection(database_url, _indexes) - before == {
        "ix_customers_name", "ix_sites_name", "ix_sites_street", "ix_sites_postal_code", "ix_sites_city", "ix_users_name",
        "ix_service_accounts_username", "ix_clients_name", "ix_units_site", "ix_units_serial_number",
        "ix_unit_access_customer_equipment_number", "ix_users_staff", "ix_users_wordless",
    }  # fmt: skip
    assert [line.title for line in on(database_url, lambda db: search_sites(db, "harbour")).lines] == ["Quay"]
    [line] = on(database_url, lambda db: search_units(db, "sn-1")).lines
    assert (line.id, line.place) == ("US-1", "Quay, Harbour Road 9, Hamburg")
