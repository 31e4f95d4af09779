"""Rows are made of columns in order: two that changed places are found here, not by a customer."""

import gc
import pkgutil
from importlib import import_module

import msgspec
import pytest
from sqlalchemy import func, select

from hoistway import store
from hoistway.store.audit_search import FILTERS, statement_of
from hoistway.store.clients import CLIENTS, client_row
from hoistway.store.db import Statement
from hoistway.store.units import UNITS

_U = UNITS.c


class Row(msgspec.Struct):
    id: str
    serial_number: str | None
    uses: int = 0


def test_columns_that_changed_places() -> None:
    Statement(lambda: select(_U.id, _U.serial_number), Row).check_columns()
    with pytest.raises(TypeError, match="serial_number for id, id for serial_number"):
        Statement(lambda: select(_U.serial_number, _U.id), Row).check_columns()
    with pytest.raises(TypeError, match="car_type for serial_number"):
        Statement(lambda: select(_U.id, _U.car_type), Row).check_columns()


def made(id: str, serial: str | None, _car_type: str | None) -> str:
    return f"{id} {serial}"


def test_columns_of_a_function_that_changed_places() -> None:
    """It may shorten their names, and leave some out."""
    Statement(lambda: select(_U.id, _U.serial_number, _U.car_type), made).check_columns()
    with pytest.raises(TypeError, match="car_type for id, id for car_type"):
        Statement(lambda: select(_U.car_type, _U.serial_number, _U.id), made).check_columns()


@pytest.mark.parametrize(("one", "other"), [("name", "type"), ("grants", "scopes"), ("created_at", "disabled_at")])
def test_columns_of_applications_that_changed_places(one: str, other: str) -> None:
    places = {one: CLIENTS.c[other], other: CLIENTS.c[one]}
    columns = [places.get(column.name, column) for column in CLIENTS.columns]
    with pytest.raises(TypeError, match=f"{one} for {other}"):
        Statement(lambda: select(*columns), client_row).check_columns()


def test_a_column_of_another_name_is_labelled() -> None:
    with pytest.raises(TypeError, match="for uses"):
        Statement(lambda: select(_U.id, _U.serial_number, func.count()), Row).check_columns()
    Statement(lambda: select(_U.id, _U.serial_number, func.count().label("uses")), Row).check_columns()


def test_no_statement_of_the_store_has_columns_that_changed_places() -> None:
    for module in pkgutil.walk_packages(store.__path__, "hoistway.store."):
        if ".changes." not in module.name:
            import_module(module.name)
    # These are made when they are asked for.
    kept = [statement_of(frozenset(FILTERS[:count])) for count in range(len(FILTERS) + 1)]
    # What was there when the tests were collected is out of the collector's sight (tests/conftest.py).
    gc.unfreeze()
    made = [one for one in gc.get_objects() if isinstance(one, Statement)]
    gc.freeze()
    assert len(made) > 300
    assert all(any(one is other for other in made) for one in kept)
    for one in made:
        one.check_columns()
