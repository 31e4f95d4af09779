"""Every part of a library that its documentation does not promise stands in one table, is checked, and is missed in words."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import asyncpg
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hoistway.server.leaning import ATTRIBUTES, OTHERS, UVICORN, find_changed, what_uvicorn_changed
from tests.modules import SOURCE, Module, read_modules

STANDARD = sys.stdlib_module_names | {"hoistway"}


@cache
def modules() -> list[Module]:
    """Read when a test needs them: it takes seconds."""
    return read_modules(SOURCE)


# Documented by Python in spite of the underscore: of os, and of named tuples.
DOCUMENTED = {"_exit", "_asdict"}
# Documented as classes to be extended or called so.
PROMISED = {
    "msgspec.Struct": "its documentation is about nothing else",
    "starlette.responses.Response": "its documentation shows a subclass; the attributes are in the table",
    "uvicorn.Server": "its documentation shows a subclass; what it overrides is in the table",
}


def test_what_is_installed_is_as_expected() -> None:
    assert what_uvicorn_changed() == []
    assert list(find_changed(OTHERS)) == []


@pytest.mark.parametrize("name", [*UVICORN, *OTHERS])
def test_each_part_is_missed_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, _, path = name.partition(":")
    holder: Any = import_module(module)
    *parents, last = path.split(".")
    for parent in parents:
        holder = getattr(holder, parent)
    for one in getattr(holder, "__mro__", [holder]):
        if last in vars(one):
            monkeypatch.delattr(one, last)
    assert f"{name} is gone" in list(find_changed({**UVICORN, **OTHERS}))


def test_attributes_that_only_instances_have() -> None:
    made = {
        "starlette.responses:Response": Response(b""),
        "sqlalchemy.sql.compiler:SQLCompiler": select(literal(1)).compile(dialect=asyncpg.dialect()),  # type: ignore[no-untyped-call]
    }
    assert made.keys() == ATTRIBUTES.keys()
    for name, one in made.items():
        assert [word for word in ATTRIBUTES[name].split() if not hasattr(one, word)] == []


def test_a_method_that_takes_something_else_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    def on_body(self: object, body: bytes, trailers: bytes) -> None: ...

    monkeypatch.setattr(HttpToolsProtocol, "on_body", on_body)
    name = "uvicorn.protocols.http.httptools_impl:HttpToolsProtocol.on_body"
    assert what_uvicorn_changed() == [f"{name} takes (self, body, trailers)"]


def test_what_no_signature_tells_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was before 0.52: who asked for the end of the connection was not let go by `keep_alive`."""
    begin = RequestResponseCycle.__init__

    def deaf(self: RequestResponseCycle, *args: Any, **facts: Any) -> None:
        begin(self, *args, **facts | {"keep_alive": True})

    monkeypatch.setattr(RequestResponseCycle, "__init__", deaf)
    assert what_uvicorn_changed() == [
        "a connection that the client ends changed",
        "what the last answer says changed",
    ]


def test_an_attribute_that_is_gone_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = RequestResponseCycle.__init__

    def other(self: RequestResponseCycle, *args: Any, **facts: Any) -> None:
        begin(self, *args, **facts)
        del self.waiting_for_100_continue

    monkeypatch.setattr(RequestResponseCycle, "__init__", other)
    assert what_uvicorn_changed() == ["RequestResponseCycle.waiting_for_100_continue is gone"]


def imported_names(module: Module) -> dict[str, str]:
    """Names of the module and what of a library they stand for."""
    names: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] not in STANDARD:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] not in STANDARD:
                    names[alias.asname or alias.name.split(".")[0]] = alias.name
    return names


def dotted(node: ast.expr) -> str:
    return ast.unparse(node)


def of_library(node: ast.expr, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Subscript):
        node = node.value
    first, _, rest = dotted(node).partition(".")
    return f"{names[first]}{'.' if rest else ''}{rest}" if first in names else None


def own_private_names() -> set[str]:
    found = set()
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Attribute) and dotted(node.value) in {"self", "cls"}:
                found.add(node.attr)
            elif isinstance(node, ast.Name):
                found.add(node.id)
    return found


def find_leaning(own: set[str]) -> Iterator[str]:
    """Names with an underscore that are no names of ours, and classes of libraries that ours extend."""
    in_table = {name.replace(":", ".") for name in (*UVICORN, *OTHERS, *ATTRIBUTES)}
    for module in modules():
        names = imported_names(module)
        private = re.compile(r"(^|\.)_[a-z]")
        for name in names.values():
            if private.search(name):
                yield module.at(1, f"imports {name}")
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and re.match(r"_[a-z]", node.attr) and node.attr not in own | DOCUMENTED:
                yield module.at(node.lineno, f"uses {dotted(node)}")
            if isinstance(node, ast.ClassDef):
                for base in node.bases:
                    name = of_library(base, names) or ""
                    if name and name not in in_table and name not in PROMISED:
                        yield module.at(node.lineno, f"{node.name} extends {name}")


def test_nothing_else_leans_on_a_librarys_inside() -> None:
    assert list(find_leaning(own_private_names())) == []


def test_the_search_finds_what_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = ast.parse(
        "import asyncpg\nfrom sqlalchemy._x import y\nfrom jinja2 import Environment\n"
        "class Own(Environment): ...\nasyncpg.connect()._protocol\n"
    )
    monkeypatch.setattr(sys.modules[__name__], "modules", lambda: [Module("store/odd.py", "store.odd", "", tree)])
    assert [one.rpartition(" ")[2] for one in find_leaning(set())] == [
        "sqlalchemy._x.y",
        "jinja2.Environment",
        "asyncpg.connect()._protocol",
    ]


def test_every_part_of_the_table_is_used() -> None:
    text = "\n".join(ast.unparse(module.tree) for module in modules() if not module.name.endswith("leaning"))
    unused = [name for name in {**UVICORN, **OTHERS} if not re.search(rf"\b{re.split('[.:]', name)[-1]}\b", text)]
    assert unused == []


def test_what_leans_is_loaded_by_name_alone() -> None:
    """Where a part is gone it could not be loaded, and the server with it."""
    program = "import sys, hoistway.server.command; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "hoistway.server.worker" in loaded
    assert [name for name in loaded if name.startswith("uvicorn.protocols.http")] == []
