"""Rows are made of columns in order: two that changed places are found when the module is imported, not by a customer."""

from dataclasses import dataclass

import msgspec
import pytest
from sqlalchemy import func, select

from hoistway.store.db import Statement
from hoistway.store.units import UNITS

_U = UNITS.c


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    serial_number: str | None
    uses: int = 0


class Seen(msgspec.Struct):
    id: str
    serial_number: str | None


@pytest.mark.parametrize("row", [Row, Seen])
def test_columns_that_changed_places(row: type[object]) -> None:
    Statement(select(_U.id, _U.serial_number), row)
    with pytest.raises(TypeError, match="serial_number for id, id for serial_number"):
        Statement(select(_U.serial_number, _U.id), row)
    with pytest.raises(TypeError, match="car_type for serial_number"):
        Statement(select(_U.id, _U.car_type), row)


def test_a_column_of_another_name_is_labelled() -> None:
    with pytest.raises(TypeError, match="for uses"):
        Statement(select(_U.id, _U.serial_number, func.count()), Row)
    Statement(select(_U.id, _U.serial_number, func.count().label("uses")), Row)
