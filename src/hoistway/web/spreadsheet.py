"""Tables for spreadsheets (https://www.rfc-editor.org/rfc/rfc4180), in which no cell is a formula
(https://owasp.org/www-community/attacks/CSV_Injection)."""

import csv
import io
from collections.abc import Iterable, Sequence

from starlette.responses import Response


def safe_cell(value: object) -> str:
    """A spreadsheet must not take a stranger's words for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def csv_reply(name: str, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> Response:
    """A file of that name to keep."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(file.getvalue(), 200, headers, "text/csv; charset=utf-8")
