"""Tables for spreadsheets (https://www.rfc-editor.org/rfc/rfc4180), in which no cell is a formula
(https://owasp.org/www-community/attacks/CSV_Injection)."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from starlette.responses import Response

# What spreadsheets begin a formula with, in full width too, and behind what they skip: blanks, controls, what is not seen.
_FORMULA = re.compile(
    "[\\s\x00-\x1f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff'\"]*[=+\\-@|%＝＋－＠﹢﹣﹦﹫−]|[\t\r\n]"
)


def safe_cell(value: object) -> str:
    """A spreadsheet must not take a stranger's words for a formula. Numbers are ours."""
    text = "" if value is None else str(value)
    return f"'{text}" if not isinstance(value, int | float) and _FORMULA.match(text) else text


def cell_of_time(at: int) -> str:
    """ISO 8601, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def csv_reply(name: str, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> Response:
    """A file of that name to keep."""
    # Without the mark Excel takes UTF-8 for the code page of its own country.
    file = io.StringIO("\ufeff")
    file.seek(0, io.SEEK_END)
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(file.getvalue(), 200, headers, "text/csv; charset=utf-8")
