"""What may not happen inside a transaction (docs/adr/0011-changes.md): rendering, hashing, fetching, another connection."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tests.modules import AnyFunction, Module, functions_of

# A function that takes one of these runs inside a transaction.
HANDLES = {"Writer", "Change"}
# What an engine has that waits: for another connection, for a thread, for the network.
WAITING = {"directory", "passwords", "decoys", "lockout.begin", "keyring.load"}
THREADS = {"to_thread", "run_in_executor"}
# Portal and console open a transaction in the first; the second is the server's own work at its start, the third keeps what
# somebody typed whose session has ended.
OPENING = {"portal/changing.py", "portal/own_application.py", "portal/typed.py"}


@dataclass(frozen=True)
class Function:
    """One of ours; `calls` are the functions of ours that it names, `strays` what it does itself that must not be inside."""

    module: Module
    node: AnyFunction
    known: "dict[str, Function]" = field(repr=False)

    @cached_property
    def strays(self) -> list[str]:
        return [words for _line, words in strays_in(self.node.body)]

    @cached_property
    def calls(self) -> "list[tuple[int, Function]]":
        return list(calls_in(self.node.body, self.known))


def strays_in(body: Iterable[ast.AST], receiver: str | None = None) -> Iterator[tuple[int, str]]:
    """(line, words). `receiver` is the dump of what the transaction was opened on."""
    for node in (node for statement in body for node in ast.walk(statement)):
        if not isinstance(node, ast.expr):
            continue
        on_database = isinstance(node, ast.Attribute) and node.attr in {"db", "_db"}
        if on_database or (receiver is not None and ast.dump(node) == receiver):
            yield node.lineno, f"uses {ast.unparse(node)}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            on = node.func.value
            if node.func.attr in THREADS:
                yield node.lineno, f"waits for {ast.unparse(node.func)}"
            elif isinstance(on, ast.Attribute) and on.attr == "pages":
                yield node.lineno, f"renders by {ast.unparse(node.func)}"
            elif isinstance(on, ast.Attribute) and {on.attr, f"{on.attr}.{node.func.attr}"} & WAITING:
                yield node.lineno, f"waits for {ast.unparse(node.func)}"


def calls_in(body: Iterable[ast.AST], known: dict[str, Function]) -> Iterator[tuple[int, Function]]:
    for node in (node for statement in body for node in ast.walk(statement)):
        if isinstance(node, ast.Call):
            found = known.get(ast.unparse(node.func))
            if found is not None:
                yield node.lineno, found


def own_functions(module: Module, known: dict[str, Function]) -> None:
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            known[node.name] = Function(module, node, known)
        elif isinstance(node, ast.ClassDef):
            known |= {f"self.{method.name}": Function(module, method, known) for method in functions_of(node)}


def imported_functions(module: Module, own: dict[str, dict[str, Function]]) -> Iterator[tuple[str, Function]]:
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("hoistway"):
            continue
        source = (node.module or "").removeprefix("hoistway").removeprefix(".")
        for alias in node.names:
            shown, whole = alias.asname or alias.name, f"{source}.{alias.name}".removeprefix(".")
            if whole in own:
                yield from ((f"{shown}.{name}", found) for name, found in own[whole].items())
            elif alias.name in own.get(source, {}):
                yield shown, own[source][alias.name]


def read_functions(modules: Sequence[Module]) -> dict[str, dict[str, Function]]:
    """By module, the functions of ours by the names that they have in it: own, imported, `module.name`, `self.name`."""
    names: dict[str, dict[str, Function]] = {module.name: {} for module in modules}
    for module in modules:
        own_functions(module, names[module.name])
    own = {name: dict(known) for name, known in names.items()}
    for module in modules:
        names[module.name].update(imported_functions(module, own))
    return names


def way_out(function: Function, seen: set[int]) -> list[str] | None:
    """How it comes to do what must not be inside: the functions on the way, and what the last one does."""
    if id(function.node) in seen:
        return None
    seen.add(id(function.node))
    if function.strays:
        return [function.node.name, function.strays[0]]
    for _line, called in function.calls:
        way = way_out(called, seen)
        if way is not None:
            return [function.node.name, *way]
    return None


def opens(item: ast.expr, known: dict[str, Function]) -> bool:
    """`x.write()`, or a context manager of ours that gives out a transaction."""
    if not isinstance(item, ast.Call):
        return False
    if isinstance(item.func, ast.Attribute) and item.func.attr == "write" and not item.args:
        return True
    found = known.get(ast.unparse(item.func))
    return (
        found is not None
        and "asynccontextmanager" in map(ast.unparse, found.node.decorator_list)
        and any(
            isinstance(node, ast.AsyncWith) and opens(node.items[0].context_expr, found.known)
            for node in ast.walk(found.node)
        )
    )


def insides(module: Module, known: dict[str, Function]) -> Iterator[tuple[list[ast.stmt], str | None]]:
    """The statements that run inside a transaction, and what it was opened on."""
    for function in functions_of(module.tree):
        arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        if any(arg.annotation is not None and ast.unparse(arg.annotation) in HANDLES for arg in arguments):
            yield function.body, None
    for node in ast.walk(module.tree):
        if isinstance(node, ast.AsyncWith) and opens(node.items[0].context_expr, known):
            call = node.items[0].context_expr
            on = call.func.value if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else None
            yield node.body, None if on is None else ast.dump(on)


def find_strays_in_transactions(modules: Sequence[Module]) -> Iterator[str]:
    names = read_functions(modules)
    for module in modules:
        for body, receiver in insides(module, names[module.name]):
            for line, words in strays_in(body, receiver):
                yield module.at(line, f"{words} inside a transaction")
            for line, called in calls_in(body, names[module.name]):
                way = way_out(called, set())
                if way is not None:
                    yield module.at(line, f"inside a transaction {' -> '.join(way)}")


def find_open_transactions(modules: Sequence[Module]) -> Iterator[str]:
    for module in modules:
        if module.room not in {"portal", "console"} or module.path in OPENING:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.AsyncWith) and ast.unparse(node.items[0].context_expr).endswith(".write()"):
                yield module.at(node.lineno, "opens a transaction: use changing or operating, which judge who may")
