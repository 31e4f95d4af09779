"""Finds tests that pass or fail by chance: a page holds random ids, and three letters stand in one of them every few hundred runs."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeGuard

SHORT: Final = re.compile(r"[A-Za-z0-9_-]{1,3}")
PAGES: Final = frozenset(("page", "text", "content", "html", "body", "shown"))
"""How tests call what a server answered; a dictionary or a row has other names."""


def find_by_chance(tree: ast.AST, path: Path) -> Iterator[str]:
    """A word of at most three letters that must not stand in a page, alone or as one of a tuple."""
    for node in ast.walk(tree):
        if _is_absent(node) and isinstance(node.left, ast.Constant) and _is_short(node.left):
            yield f"{path}:{node.lineno}: {node.left.value!r} may be part of a random id: ask tests.world.is_named"
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            yield from _in_loop(node, node.target.id, path)


def _is_absent(node: ast.AST) -> TypeGuard[ast.Compare]:
    return isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.NotIn) and _is_page(node.comparators[0])


def _in_loop(loop: ast.For, name: str, path: Path) -> Iterator[str]:
    words = [one for one in getattr(loop.iter, "elts", ()) if isinstance(one, ast.Constant) and _is_short(one)]
    for node in ast.walk(loop) if words else ():
        if _is_absent(node) and isinstance(node.left, ast.Name) and node.left.id == name:
            found = ", ".join(repr(one.value) for one in words)
            yield f"{path}:{node.lineno}: {found} may be part of a random id: ask tests.world.is_named"


def _is_short(one: ast.Constant) -> bool:
    return isinstance(one.value, str) and SHORT.fullmatch(one.value) is not None


def _is_page(node: ast.expr) -> bool:
    """Also in other letters: `page.text.lower()`."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"lower", "casefold", "content"}
    ):
        return node.func.attr == "content" or _is_page(node.func.value)
    if isinstance(node, ast.BinOp):
        return _is_page(node.left) or _is_page(node.right)
    return (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")) in PAGES
