"""Tables for spreadsheets (https://www.rfc-editor.org/rfc/rfc4180) in which no cell can act as a formula
(https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from starlette.responses import Response

from hoistway.web.replies import file_reply

# Characters with which spreadsheets begin a formula, full-width ones included, even behind what they skip: blanks,
# controls, invisible characters.
_FORMULA = re.compile(
    "[\\s\x00-\x1f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff'\"]*[=+\\-@|%＝＋－＠﹢﹣﹦﹫−]|[\t\r\n]"
)


def safe_cell(value: object) -> str:
    """Keeps a spreadsheet from reading a stranger's words as a formula. Numbers are our own and need no protection."""
    text = "" if value is None else str(value)
    return f"'{text}" if not isinstance(value, int | float) and _FORMULA.match(text) else text


def cell_of_time(at: int) -> str:
    """ISO 8601, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def csv_reply(name: str, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> Response:
    """An answer that browsers save as a file of that name."""
    # Without the byte order mark Excel reads UTF-8 as the code page of its own country.
    file = io.StringIO("\ufeff")
    file.seek(0, io.SEEK_END)
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return file_reply(name, file.getvalue(), "text/csv")
