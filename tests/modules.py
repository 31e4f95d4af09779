"""The product's modules as syntax trees, for the tests that read the code instead of running it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "hoistway"
AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """`name` is dotted and without `hoistway.`; the package itself is ''. `path` is below src/hoistway."""

    path: str
    name: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.name.split(".")[0]

    def at(self, line: int, words: str) -> str:
        return f"src/hoistway/{self.path}:{line}: {words}"


def read_modules(source: Path) -> list[Module]:
    modules = []
    for file in sorted(source.rglob("*.py")):
        path = file.relative_to(source)
        parts = path.with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = file.read_text(encoding="utf-8")
        modules.append(Module(path.as_posix(), name, text, ast.parse(text)))
    return modules


def imports_of(module: Module) -> Iterator[tuple[int, str, str | None]]:
    """(line, module, name) of every import; the name is None for `import module`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, "." * node.level + (node.module or ""), alias.name) for alias in node.names)


def own_imports(module: Module, names: set[str]) -> Iterator[tuple[int, str]]:
    """(line, imported module of ours); `from hoistway.web import pages` means hoistway.web.pages where that exists."""
    for line, target, name in imports_of(module):
        if target.split(".")[0] != "hoistway":
            continue
        inner = target.removeprefix("hoistway").removeprefix(".")
        whole = f"{inner}.{name}".removeprefix(".")
        yield line, whole if name is not None and whole in names else inner


def functions_of(tree: ast.AST) -> Iterator[AnyFunction]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
