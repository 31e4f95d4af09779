"""The shape docs/adr/0001-shape-of-the-code.md promises: where imports point, how long things are, what is where."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.modules import SOURCE, AnyFunction, Module, functions_of, imports_of, own_imports, read_modules
from tests.transactions import find_open_transactions, find_strays_in_transactions

FILE_LINES = 250
FUNCTION_LINES = 40

# Lowest first. A room imports from lower levels and itself; within a level, see APART.
LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"discreet"}),
    frozenset({"", "settings", "clock", "exits", "journal", "measures", "heap", "on_disk"}),
    frozenset({"protocol"}),
    frozenset({"store"}),
    frozenset({"chain"}),
    frozenset({"tokens", "authn", "web", "usage", "limits", "outbound"}),
    frozenset({"engine"}),
    frozenset({"grants", "response_types", "accounts", "applications", "approving", "mail", "products", "federation"})
    | {"things", "imports"},
    frozenset({"endpoints", "api", "account", "portal", "console", "scim", "manage"}),
    frozenset({"routes"}),
    frozenset({"routing"}),
    frozenset({"demo", "environment", "replay", "files"}),
    frozenset({"server", "shadow"}),
    frozenset({"commands"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
# These know nothing of their neighbours; elsewhere a neighbour may be imported as long as no circle closes.
APART = {"tokens", "authn", "web", "usage", "limits", "outbound", "settings", "clock", ""}
# By these modules.
ONLY_IMPORTED_BY = {"demo": {"server.command"}}

# Modules that are data written as code: their functions are long because a list is.
MAY_BE_LONG = {
    re.compile(r"store/changes/versions/"): "a schema change lists columns",
    re.compile(r"(api|manage)/openapi\w*\.py$"): "an OpenAPI document is one nested literal",
    re.compile(r"web/portal_words/"): "a table of sentences",
}
# The readers themselves, and what looks at text for another reason.
READERS = {
    "protocol/numbers.py": "reads numbers",
    "protocol/text.py": "reads names",
    "protocol/params.py": "refuses control characters alone, in every parameter",
    "settings.py": "stands below protocol/, and reads the operator's own address",
    "server/metrics/exporter.py": "reads what the kernel says of a process",
}
# Their classes are met in every other room, so that a name means one thing.
SPOKEN_EVERYWHERE = {"protocol", "store", "tokens", "authn", "engine", "grants"}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
SQL = re.compile(r"\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s)")
DRIVERS = {"sqlalchemy", "sqlite3", "asyncpg", "aiosqlite", "alembic"}
IMPURE_MODULES = {"time", "secrets", "random", "os", "asyncio", "socket", "sqlite3", "starlette", "uvicorn"}
IMPURE_NAMES = {"now", "utcnow", "today", "urandom", "uuid1", "uuid4", "token_bytes", "token_urlsafe"}


def find_wrong_directions(modules: Sequence[Module]) -> Iterator[str]:
    names = {module.name for module in modules}
    for module in modules:
        if module.room not in LEVEL:
            yield module.at(1, f"'{module.room}' has no level: give it one in tests/test_house.py and the ADR")
            continue
        for line, target in own_imports(module, names):
            room = target.split(".")[0]
            if room == module.room or (room == "" and module.room != ""):
                continue
            if LEVEL.get(room, len(LEVELS)) > LEVEL[module.room]:
                yield module.at(line, f"{module.room} imports upwards, from {room}")
            elif {room, module.room} <= APART:
                yield module.at(line, f"{module.room} and {room} must not know each other")
            if module.name not in ONLY_IMPORTED_BY.get(room, {module.name}):
                yield module.at(line, f"only {' and '.join(sorted(ONLY_IMPORTED_BY[room]))} may import {room}")


def find_circle(edges: dict[str, set[str]]) -> list[str] | None:
    done: set[str] = set()

    def walk(node: str, trail: list[str]) -> list[str] | None:
        if node in trail:
            return [*trail[trail.index(node) :], node]
        if node in done:
            return None
        for target in sorted(edges.get(node, set())):
            circle = walk(target, [*trail, node])
            if circle is not None:
                return circle
        done.add(node)
        return None

    return next((circle for node in sorted(edges) if (circle := walk(node, [])) is not None), None)


def find_circles(modules: Sequence[Module]) -> Iterator[str]:
    names = {module.name for module in modules}
    files: dict[str, set[str]] = {}
    rooms: dict[str, set[str]] = {}
    for module in modules:
        for _line, target in own_imports(module, names):
            files.setdefault(module.name, set()).add(target)
            if target.split(".")[0] not in {module.room, ""}:
                rooms.setdefault(module.room, set()).add(target.split(".")[0])
    for kind, edges in (("modules", files), ("rooms", rooms)):
        circle = find_circle(edges)
        if circle is not None:
            yield f"{kind} import each other: {' -> '.join(circle)}"


def find_hidden_imports(modules: Sequence[Module]) -> Iterator[str]:
    for module in modules:
        for node in ast.walk(module.tree):
            if (isinstance(node, ast.Name) and node.id == "TYPE_CHECKING") or (
                isinstance(node, ast.Attribute) and node.attr == "TYPE_CHECKING"
            ):
                yield module.at(node.lineno, "an import for type checking only hides a circle")
            if isinstance(node, ast.ImportFrom) and node.level:
                yield module.at(node.lineno, "write the full name: from hoistway.…")
        for function in functions_of(module.tree):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield module.at(node.lineno, f"import inside {function.name}")


def body_lines(function: AnyFunction) -> int:
    """From the first statement that isn't the docstring to the last line."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def _hidden(names: set[str], function: AnyFunction) -> Iterator[tuple[int, str]]:
    nodes = list(ast.walk(function))
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in names & called:
            yield node.lineno, node.id


def find_hidden_functions(modules: Sequence[Module]) -> Iterator[str]:
    for module in modules:
        body = module.tree.body
        names = {one.name for one in body if isinstance(one, AnyFunction)}
        names |= {alias.asname or alias.name for one in body if isinstance(one, ast.ImportFrom) for alias in one.names}
        for function in functions_of(module.tree):
            for line, name in _hidden(names, function):
                yield module.at(
                    line, f"{name} is called here, and is a function of the module: give the value another name"
                )


def find_long_things(modules: Sequence[Module]) -> Iterator[str]:
    for module in modules:
        if any(pattern.search(module.path) for pattern in MAY_BE_LONG):
            continue
        lines = len(module.text.splitlines())
        if lines > FILE_LINES:
            yield module.at(lines, f"{lines} lines, {FILE_LINES} at the most")
        for function in functions_of(module.tree):
            if body_lines(function) > FUNCTION_LINES:
                words = f"{function.name} has {body_lines(function)} lines, {FUNCTION_LINES} at the most"
                yield module.at(function.lineno, words)


def find_vague_names(modules: Sequence[Module]) -> Iterator[str]:
    for module in modules:
        for part in module.name.split("."):
            if part.lower() in BANNED_NAMES:
                yield module.at(1, f"'{part}' says nothing: name it after what it holds")


def find_doubled_classes(modules: Sequence[Module]) -> Iterator[str]:
    first: dict[str, Module] = {}
    for module in modules:
        if module.room in SPOKEN_EVERYWHERE:
            for node in module.tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    known = first.setdefault(node.name, module)
                    if known is not module:
                        yield module.at(node.lineno, f"{node.name} is the name of another class, in {known.path}")


def find_stray_sql(modules: Sequence[Module]) -> Iterator[str]:
    for module in modules:
        if module.room == "store":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
                yield module.at(node.lineno, "SQL outside store/")
        for line, target, _name in imports_of(module):
            if target.split(".")[0] in DRIVERS:
                yield module.at(line, f"{target} outside store/")


def find_unexplained(modules: Sequence[Module]) -> Iterator[str]:
    for module in modules:
        if not ast.get_docstring(module.tree):
            yield module.at(1, "a module opens with one sentence that says what it is")


def find_impurity(modules: Sequence[Module]) -> Iterator[str]:
    for module in modules:
        if module.room != "protocol":
            continue
        for line, target, name in imports_of(module):
            if target.split(".")[0] in IMPURE_MODULES or name in IMPURE_NAMES:
                yield module.at(line, f"{target} in protocol/: pass the value in")
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr in IMPURE_NAMES:
                yield module.at(node.lineno, f"{node.attr} in protocol/: pass the value in")
            elif isinstance(node, ast.AsyncFunctionDef | ast.Await):
                yield module.at(node.lineno, "protocol/ waits for nothing")


def is_a_number_already(node: ast.expr) -> bool:
    """Arithmetic, a clock, or a claim of a token that was verified: nothing that somebody wrote."""
    if isinstance(node, ast.BinOp | ast.UnaryOp):
        return True
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in {"time", "timestamp", "min", "max"}:
            return True
    return any(isinstance(part, ast.Name) and part.id == "claims" for part in ast.walk(node))


def texts_in(node: ast.AST) -> str:
    return " ".join(str(part.value) for part in ast.walk(node) if isinstance(part, ast.Constant))


def find_numbers_read_elsewhere(modules: Sequence[Module]) -> Iterator[str]:
    """`int` takes the digits of every script, `isdigit` also those that have no value. What a driver returns is read in store/."""
    for module in modules:
        if module.path in READERS or module.room == "store":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr in {"isdigit", "isdecimal", "isnumeric", "strptime"}:
                yield module.at(node.lineno, f"{node.attr}: read it with protocol/numbers")
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "int":
                if len(node.args) == 1 and not is_a_number_already(node.args[0]):
                    yield module.at(node.lineno, "int(…): read it with protocol/numbers")
            elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.") and "\\d" in texts_in(node):
                yield module.at(node.lineno, "\\d means the digits of every script: write [0-9]")


def find_names_read_elsewhere(modules: Sequence[Module]) -> Iterator[str]:
    for module in modules:
        if module.path in READERS:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr == "isprintable":
                yield module.at(node.lineno, "isprintable lets pass what is not seen: ask protocol/text")


Find = Callable[[Sequence[Module]], Iterator[str]]
RULES: tuple[Find, ...] = (
    find_wrong_directions,
    find_circles,
    find_hidden_imports,
    find_hidden_functions,
    find_long_things,
    find_vague_names,
    find_doubled_classes,
    find_stray_sql,
    find_unexplained,
    find_impurity,
    find_numbers_read_elsewhere,
    find_names_read_elsewhere,
    find_strays_in_transactions,
    find_open_transactions,
)
INSIDE = "async def f(engine):\n    async with engine.db.write() as tx:\n"
LONG = "def f():\n" + "    x = 1\n" * (FUNCTION_LINES + 1)
OFFENCES: tuple[tuple[Find, dict[str, str]], ...] = (
    (find_wrong_directions, {"store/a.py": "from hoistway.tokens import b"}),
    (find_wrong_directions, {"protocol/a.py": "import hoistway.store.b"}),
    (find_wrong_directions, {"web/a.py": "from hoistway.authn.b import c"}),
    (find_wrong_directions, {"clock.py": "from hoistway.settings import Settings"}),
    (find_wrong_directions, {"server/app.py": "from hoistway.demo.keeping import seed"}),
    (find_wrong_directions, {"attic/a.py": ""}),
    (find_circles, {"store/a.py": "from hoistway.store import b", "store/b.py": "from hoistway.store.a import c"}),
    (
        find_circles,
        {"api/a.py": "from hoistway.portal import b", "portal/b.py": "", "portal/c.py": "import hoistway.api.d"},
    ),
    (find_hidden_imports, {"a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b"}),
    (find_hidden_imports, {"a.py": "def f():\n    import b"}),
    (find_hidden_imports, {"web/a.py": "from . import b"}),
    (
        find_hidden_functions,
        {"a.py": "def f(x):\n    return x\ndef g(x):\n    f = [f(one) for one in x]\n    return f"},
    ),
    (find_hidden_functions, {"a.py": "from hoistway.web import f\nasync def g(x):\n    f = f(x)"}),
    (find_long_things, {"a.py": LONG}),
    (find_long_things, {"a.py": "x = 1\n" * (FILE_LINES + 1)}),
    (find_vague_names, {"web/utils.py": ""}),
    (find_vague_names, {"common/a.py": ""}),
    (find_doubled_classes, {"store/a.py": "class Grant: ...", "grants/a.py": "class Grant: ..."}),
    (find_stray_sql, {"web/a.py": "x = 'SELECT * FROM users'"}),
    (find_stray_sql, {"web/a.py": "x = f'DELETE FROM {y}'"}),
    (find_stray_sql, {"web/a.py": "from sqlalchemy import select"}),
    (find_unexplained, {"web/a.py": "x = 1"}),
    (find_impurity, {"protocol/a.py": "import time"}),
    (find_impurity, {"protocol/a.py": "import datetime\nx = datetime.datetime.now()"}),
    (find_impurity, {"protocol/a.py": "from secrets import token_bytes"}),
    (find_impurity, {"protocol/a.py": "async def f(): ..."}),
    (find_numbers_read_elsewhere, {"portal/a.py": "x = int(form.get('minutes'))"}),
    (find_numbers_read_elsewhere, {"api/a.py": "if text.isdigit():\n    pass"}),
    (find_numbers_read_elsewhere, {"web/a.py": "import re\nx = re.compile(r'\\d+')"}),
    (find_numbers_read_elsewhere, {"console/a.py": "x = datetime.strptime(text, '%Y')"}),
    (find_names_read_elsewhere, {"portal/a.py": "x = name.isprintable()"}),
    (find_strays_in_transactions, {"portal/a.py": f"{INSIDE}        await f(engine.db)"}),
    (find_strays_in_transactions, {"portal/a.py": f"{INSIDE}        return engine.pages.portal('a.html')"}),
    (find_strays_in_transactions, {"portal/a.py": f"{INSIDE}        await engine.passwords.hash('a')"}),
    (
        find_strays_in_transactions,
        {"usage/a.py": "async def f(db):\n    async with db.write():\n        await db.one(X, {})"},
    ),
    (find_strays_in_transactions, {"grants/a.py": "async def f(engine, tx: Writer):\n    await g(engine.db)"}),
    (
        find_strays_in_transactions,
        {
            "portal/a.py": f"from hoistway.portal.b import show\n{INSIDE}        await show(engine)",
            "portal/b.py": "async def show(engine):\n    return _page(engine)\n"
            "def _page(engine):\n    return engine.pages.portal('b.html')",
        },
    ),
    (
        find_strays_in_transactions,
        {
            "portal/changing.py": "@asynccontextmanager\nasync def changing(engine):\n"
            "    async with engine.db.write() as tx:\n        yield tx",
            "portal/a.py": "from hoistway.portal.changing import changing\nasync def f(engine):\n"
            "    async with changing(engine):\n        engine.pages.portal('a.html')",
        },
    ),
    (find_strays_in_transactions, {"mail/a.py": f"{INSIDE}        await asyncio.to_thread(f)"}),
    (find_open_transactions, {"console/a.py": f"{INSIDE}        await f(tx)"}),
)


@pytest.fixture(scope="module")
def modules() -> list[Module]:
    return read_modules(SOURCE)


@pytest.mark.parametrize("find", RULES, ids=lambda find: find.__name__.removeprefix("find_"))
def test_the_house_has_no(find: Find, modules: list[Module]) -> None:
    findings = list(find(modules))
    assert not findings, "\n" + "\n".join(findings)


@pytest.mark.parametrize(("find", "files"), OFFENCES)
def test_a_rule_sees_its_offence(find: Find, files: dict[str, str], tmp_path: Path) -> None:
    for path, text in files.items():
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert list(find(read_modules(tmp_path)))


def test_every_rule_has_an_offence() -> None:
    assert {find for find, _files in OFFENCES} == set(RULES)


def test_data_and_prose_are_allowed(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "openapi.py").write_text(f'"""The document."""\n{LONG}')
    (tmp_path / "routes.py").write_text(
        '"""Routes."""\nfrom hoistway.api import openapi\nX = ("Select a unit", "DELETE")\n'
    )
    modules = read_modules(tmp_path)
    assert not [finding for find in RULES for finding in find(modules)]
