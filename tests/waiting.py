"""Finds browser tests that read a page in the instant after they acted on it, when it may not have changed yet.

Reads the tests as syntax trees. Each function is walked in the order in which it runs, with one of three states:
SETTLED (something was waited for), LOADED (an address was opened: its load event was waited for, its scripts' later work was
not) and ACTED (a click, a key, a new value). Helpers of tests/browser are followed where they are called.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.modules import AnyFunction, Module, functions_of

SETTLED, LOADED, ACTED = range(3)
OPENS = {"goto", "reload", "go_back", "go_forward", "set_content"}
ACTS = {
    *(
        "click",
        "dblclick",
        "tap",
        "press",
        "press_sequentially",
        "type",
        "insert_text",
        "fill",
        "clear",
        "check",
        "uncheck",
    ),
    *(
        "set_checked",
        "select_option",
        "select_text",
        "set_input_files",
        "focus",
        "blur",
        "hover",
        "drag_to",
        "dispatch_event",
    ),
    *("set_viewport_size", "emulate_media", "fast_forward", "run_for"),
}
# What these tell may still be made by a script after the load event; `expect` waits for it.
READS = {
    *("content", "title", "count", "inner_text", "inner_html", "text_content", "all_inner_texts", "all_text_contents"),
    *(
        "input_value",
        "get_attribute",
        "is_visible",
        "is_hidden",
        "is_enabled",
        "is_disabled",
        "is_checked",
        "is_editable",
    ),
}
# These ask a page as it is laid out, or run a script of the test's own: they may follow the load event.
MEASURES = {
    "evaluate",
    "evaluate_all",
    "evaluate_handle",
    "bounding_box",
    "all",
    "screenshot",
    "storage_state",
    "close",
}
# Text has a `count` too, and a `title`.
WITHOUT_ARGUMENTS = {"count", "title", "all", "content"}


@dataclass(frozen=True, slots=True)
class _Walked:
    """How a function leaves the page, and what it read too early: (line, words)."""

    state: int
    found: tuple[tuple[int, str], ...]


@dataclass(slots=True)
class _Walk:
    """One function, from one state."""

    known: "Tests"
    module: Module
    state: int
    pages: set[str]
    found: list[tuple[int, str]] = field(default_factory=list)

    def all_of(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.one(node)

    def one(self, node: ast.AST) -> None:
        match node:
            case ast.Lambda() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass  # what is defined here runs elsewhere
            case ast.If() | ast.IfExp():
                self.one(node.test)
                self._either(_as_list(node.body), _as_list(node.orelse))
            case ast.For() | ast.AsyncFor():
                self.one(node.iter)
                self._again([*node.body, *node.orelse])
            case ast.While():
                self._again([node.test, *node.body, *node.orelse])
            case ast.Try():
                self._either([*node.body, *node.orelse], [*node.body, *node.handlers])
                self.all_of(node.finalbody)
            case ast.With() | ast.AsyncWith():
                self.all_of(item.context_expr for item in node.items)
                self.all_of(node.body)
                if any(_is_expectation(item.context_expr) for item in node.items):
                    self.state = SETTLED
            case _:
                self._expression(node)

    def _expression(self, node: ast.AST) -> None:
        match node:
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                self.all_of([*node.generators, node.elt])
            case ast.DictComp():
                self.all_of([*node.generators, node.key, node.value])
            case ast.Assign():
                self.all_of([node.value, *node.targets])
                if _gives_a_page(node.value):
                    self.pages |= {name.id for name in node.targets if isinstance(name, ast.Name)}
            case ast.Attribute(attr="url") if self._is_page(node.value):
                self.all_of([node.value])
                self._read(node, "url", ACTED)
            case ast.Call():
                self.all_of(ast.iter_child_nodes(node))
                self._call(node)
            case _:
                self.all_of(ast.iter_child_nodes(node))

    def _either(self, *ways: Sequence[ast.AST]) -> None:
        before, after = self.state, []
        for way in ways:
            self.state = before
            self.all_of(way)
            after.append(self.state)
        self.state = max(after)

    def _again(self, body: Sequence[ast.AST]) -> None:
        before = self.state
        for _ in range(2):
            self.all_of(body)
            self.state = max(self.state, before)

    def _is_page(self, node: ast.expr) -> bool:
        return (isinstance(node, ast.Name) and node.id in self.pages) or _gives_a_page(node)

    def _read(self, node: ast.expr, name: str, most: int) -> None:
        if self.state >= most:
            self.found.append((node.end_lineno or node.lineno, f"{name} is read before anything was waited for"))

    def _call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name):
            walked = self.known.walk_called(self.module, node.func.id, self.state)
            if walked is not None:
                if walked.found:
                    words = f"{node.func.id} {walked.found[0][1].partition(' ')[2]}"
                    self.found.append((node.lineno, words))
                self.state = walked.state
        elif isinstance(node.func, ast.Attribute):
            self._method(node, node.func.attr, has_arguments=bool(node.args or node.keywords))

    def _method(self, node: ast.Call, name: str, *, has_arguments: bool) -> None:
        if name == "wait_for_timeout":
            self.found.append((node.lineno, "a pause is no sign: wait for what shall be there"))
        elif name == "wait_for_load_state":
            # After a click the page that is left is loaded still.
            self.state = SETTLED if self.state == LOADED else self.state
        elif _is_wait(node, name) or (name.startswith("evaluate") and self.known.is_promise(self.module, node)):
            self.state = SETTLED
        elif name in OPENS:
            self.state = LOADED
        elif name in ACTS:
            self.state = ACTED
        elif name in READS and not (name in WITHOUT_ARGUMENTS and has_arguments):
            self._read(node, name, LOADED)
        elif name in MEASURES and not (name in WITHOUT_ARGUMENTS and has_arguments):
            self._read(node, name, ACTED)


def _as_list(node: list[ast.stmt] | ast.expr) -> list[ast.AST]:
    return list(node) if isinstance(node, list) else [node]


def _is_expectation(node: ast.expr) -> bool:
    """`with page.expect_popup():` and its kin leave when it came."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.startswith("expect_")


def _gives_a_page(node: ast.expr) -> bool:
    """`context.new_page()`, `opened.value`."""
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "new_page"
    return called or (isinstance(node, ast.Attribute) and node.attr == "value" and isinstance(node.value, ast.Name))


def _is_wait(node: ast.Call, name: str) -> bool:
    """`expect(…).to_…`, `wait_for…`."""
    if name.startswith("wait_for"):
        return True
    if name.startswith(("to_", "not_to_")):
        return any(isinstance(part, ast.Name) and part.id == "expect" for part in ast.walk(node.func))
    return False


def texts_in(node: ast.AST) -> str:
    return " ".join(str(part.value) for part in ast.walk(node) if isinstance(part, ast.Constant))


def _pages_of(function: AnyFunction) -> set[str]:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return {one.arg for one in arguments if one.annotation is not None and ast.unparse(one.annotation) == "Page"}


class Tests:
    """The browser tests, each function walked once from each state."""

    __test__ = False

    def __init__(self, modules: Sequence[Module]) -> None:
        self._modules = modules
        self._functions = {
            (module.name, node.name): (module, node)
            for module in modules
            for node in module.tree.body
            if isinstance(node, ast.FunctionDef)
        }
        self._imported = {
            (module.name, alias.asname or alias.name): ((node.module or "").rpartition(".")[2], alias.name)
            for module in modules
            for node in module.tree.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        self._texts = {
            (module.name, name.id): texts_in(node.value)
            for module in modules
            for node in module.tree.body
            if isinstance(node, ast.Assign)
            for name in node.targets
            if isinstance(name, ast.Name)
        }
        self._walked: dict[tuple[str, str, int], _Walked] = {}

    def is_promise(self, module: Module, node: ast.Call) -> bool:
        """A script that says by a Promise when it has what it was asked for."""
        script = node.args[0] if node.args else node
        name = script.id if isinstance(script, ast.Name) else None
        text = self._texts.get((module.name, name), "") if name is not None else texts_in(script)
        return "Promise" in text

    def walk_called(self, module: Module, name: str, state: int) -> _Walked | None:
        """What a helper does to a page in this state, without what it does wrong by itself; None for anything else."""
        key = self._imported.get((module.name, name), (module.name, name))
        if key not in self._functions:
            return None
        walked = self._walk(*key, state)
        own = {line for line, _ in self._walk(*key, SETTLED).found}
        return _Walked(walked.state, tuple(one for one in walked.found if one[0] not in own))

    def _walk(self, module_name: str, name: str, state: int) -> _Walked:
        key = (module_name, name, state)
        if key not in self._walked:
            self._walked[key] = _Walked(state, ())  # for one that calls itself
            self._walked[key] = self._walk_function(*self._functions[module_name, name], state)
        return self._walked[key]

    def _walk_function(self, module: Module, function: AnyFunction, state: int) -> _Walked:
        walk = _Walk(self, module, state, _pages_of(function))
        walk.all_of(function.body)
        if function.name.startswith("test_") and walk.state == ACTED:
            walk.found.append((function.end_lineno or function.lineno, "nothing is waited for after the last act"))
        return _Walked(walk.state, tuple(dict.fromkeys(walk.found)))

    def find_early_reads(self) -> Iterator[str]:
        for module in self._modules:
            for function in functions_of(module.tree):
                for line, words in self._walk_function(module, function, SETTLED).found:
                    yield f"tests/browser/{module.path}:{line}: {words}"
