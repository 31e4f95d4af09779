"""What store functions may use of a database, whichever engine it is: Reader, Writer, Database, Statement."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from inspect import CO_VARARGS
from operator import attrgetter
from types import FunctionType
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct, field
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.sql.expression import Executable

from hoistway.store.damage import Damage
from hoistway.store.load import Load

R = TypeVar("R")


class DatabaseUnavailable(Exception):
    """The database does not answer, or was locked for too long; nothing was changed. Callers answer 503."""


class Busy(DatabaseUnavailable):
    """Too many callers ask at once, or for too much; nothing was changed. Callers answer 503."""


class Unsent(DatabaseUnavailable):
    """The connection was found ended before the statement left; nothing was asked, so that asking again on another one
    doubles nothing."""


class NotWritable(DatabaseUnavailable):
    """The database can be read but not written, because its disk is full or it is read-only. Callers answer 503."""


class Damaged(DatabaseUnavailable):
    """A page or an index of the database is damaged, so its contents can't be read; nothing was changed. Callers answer
    503."""


class Conflict(Exception):
    """A uniqueness or reference rule of the schema refused a write."""


class Compiled(Struct, frozen=True):
    """One statement as text for one driver, and the order of its parameters; `read` takes them from the attributes of a
    row."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]
    read: Callable[[object], Sequence[Any]]

    def positional(self, params: Mapping[str, Any]) -> list[Any]:
        if not self.constants:
            return [params[name] for name in self.names]
        return [params[name] if name in params else self.constants[name] for name in self.names]


def _reader(*names: str) -> Callable[[object], Sequence[Any]]:
    """`attrgetter` is C code, which makes long imports faster; with a single name it returns no tuple."""
    return attrgetter(*names) if len(names) > 1 else lambda row: [getattr(row, name) for name in names]


def _members(row: Callable[..., object]) -> tuple[str, ...]:
    """The fields of a Struct, or the parameters of a function. Empty for a function with `*args`, which
    checks its input itself."""
    if isinstance(row, FunctionType):
        code = row.__code__
        return () if code.co_flags & CO_VARARGS else code.co_varnames[: code.co_argcount]
    names: tuple[str, ...] = getattr(row, "__struct_fields__", ())
    return names


_SQLITE = sqlite.dialect(paramstyle="qmark")
_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]


class Statement(Struct, Generic[R], frozen=True, eq=False):
    """A function that returns a Core expression, and one that makes a row of its result. The expression is made and
    compiled on first use, once per engine, and then dropped: hundreds of them, of which a process uses few, would cost
    every start a quarter of its time and each worker 5 MB.

    `row` takes the columns of the result in order and returns the frozen row. `together` is the same statement for many
    calls at once, for PostgreSQL: its parameters are lists of this one's values, and the first column of its result, if
    any, is the position (from 1) in those lists. A statement without parameters needs none, because its result is the
    same for all. `on_sqlite` replaces the expression on SQLite where that engine needs another form to be fast."""

    make: Callable[[], Executable]
    row: Callable[..., R]
    together: "Statement[Any] | None" = None
    on_sqlite: Callable[[], Executable] | None = None
    _compiled: dict[str, Compiled] = field(default_factory=dict)

    @property
    def clause(self) -> Executable:
        """The expression, made anew."""
        return self.make()

    def check_columns(self) -> None:
        """Compares the columns with the parameters of `row`: if two columns changed places, their values would be
        swapped unnoticed. Raises TypeError.

        A test calls this for all statements."""
        wanted = _members(self.row)
        columns = getattr(self.clause, "exported_columns", None)
        if wanted and columns:
            # A parameter that the function ignores begins with "_". Otherwise its name may differ from the column's,
            # but must not be that of another column.
            given, names = tuple(column.key for column in columns), tuple(name.lstrip("_") for name in wanted)
            strict = not isinstance(self.row, FunctionType)
            pairs = [(one, other) for one, other in zip(given, names, strict=False) if one != other]
            odd = [f"{one} for {other}" for one, other in pairs if strict or one in names]
            if odd:
                raise TypeError(
                    f"the columns of {self.row!r} have other names or places: {', '.join(odd)}; use label()"
                )

    def for_engine(self, engine: str) -> Compiled:
        compiled = self._compiled.get(engine)
        if compiled is None:
            make, dialect = (self.on_sqlite, _SQLITE) if engine == "sqlite" else (None, _POSTGRESQL)
            made = (make or self.make)().compile(dialect=dialect)  # type: ignore[attr-defined]
            constants = {made.bind_names[bind]: bind.value for bind in made.bind_names if not bind.required}
            names = tuple(made.positiontup or ())
            compiled = Compiled(str(made), names, constants, _reader(*names))
            self._compiled[engine] = compiled
        return compiled


class Reader(Protocol):
    """Runs statements that change nothing."""

    @property
    def engine(self) -> str: ...
    async def one(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None: ...
    async def all(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]: ...


class Writer(Reader, Protocol):
    """A transaction: its changes are kept when its block ends without an exception, and undone otherwise."""

    async def run(self, statement: Statement[Any], params: Mapping[str, Any]) -> int:
        """Returns the number of rows changed. Raises Conflict."""
        ...

    async def run_many(self, statement: Statement[Any], params: Sequence[Mapping[str, Any]]) -> None: ...
    async def put_rows(self, statement: Statement[Any], rows: Sequence[object]) -> None:
        """Runs the statement for each row, whose attributes have the names of its parameters. Raises Conflict."""
        ...

    async def fill(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Inserts rows, whose values are in the order of the columns, in the fastest way that the engine has. Raises Conflict."""
        ...


class Reads(Reader, Protocol):
    """What answers requests that change nothing and on which no decision rests: a database, or its replica as long as that
    holds the newest change (store/replica.py)."""

    async def slow(self, statement: Statement[R], params: Mapping[str, Any], of: str = "") -> list[R]:
        """Like `all`, for a statement that may scan a table: it does not block the event loop. Only a few run at a
        time, in all and for each customer (`of`), and none longer than the request may take. Raises Busy."""
        ...


class Database(Reads, Protocol):
    """An open database. `one` and `all` read committed rows; `write` opens a transaction."""

    @property
    def damage(self) -> Damage: ...

    def load(self) -> Load: ...

    def write(self) -> AbstractAsyncContextManager[Writer]: ...

    async def one_of_many(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        """Like `one`; calls of many requests at the same moment share a round trip, which begins after this was called."""
        ...

    async def all_of_many(self, statement: Statement[R], params: Mapping[str, Any]) -> list[R]:
        """Like `all`, for few rows; calls of many requests at the same moment share a round trip, which begins after this
        was called."""
        ...

    async def gather(self, statement: Statement[R], params: Mapping[str, Any]) -> R | None:
        """Runs one statement that returns at most one row; it is committed when this returns. Calls of many requests
        share a transaction and a round trip. Raises Conflict, DatabaseUnavailable."""
        ...

    async def ping(self) -> None:
        """Raises DatabaseUnavailable."""
        ...

    async def check_writable(self) -> None:
        """Raises NotWritable; DatabaseUnavailable."""
        ...

    async def close(self) -> None: ...


def insert_text(table: str, columns: Sequence[str]) -> str:
    """For SQLite, of names of the schema."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608


def nothing(*_columns: object) -> None:
    """For statements that return no rows."""
