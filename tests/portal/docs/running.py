"""Takes samples from a page as a reader sees them, and runs each in its language."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import tree_sitter_c_sharp
import tree_sitter_go
import tree_sitter_php
from tree_sitter import Language, Node, Parser

SECONDS = 60
GRAMMARS = {
    "csharp": Language(tree_sitter_c_sharp.language()),
    "go": Language(tree_sitter_go.language()),
    "php": Language(tree_sitter_php.language_php()),
}


def _text(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


def samples_on(page: str) -> dict[str, dict[str, str]]:
    """group -> language -> program, in the order of the page."""
    found: dict[str, dict[str, str]] = {}
    for tabs in re.findall(r'<fieldset class="tabs">(.*?)</fieldset>', page, re.DOTALL):
        names = re.findall(r'name="in-([\w-]+)" id="[^"]+" value="(\w+)"', tabs)
        programs = [_text(code) for code in re.findall(r"<code>(.*?)</code>", tabs, re.DOTALL)]
        found[names[0][0]] = {language: program for (_, language), program in zip(names, programs, strict=True)}
    return found


def errors_in(program: str, language: str) -> list[str]:
    """What a parser of the language does not understand."""

    def walk(node: Node) -> list[str]:
        here = [f"{node.start_point}: {node.type}"] if node.type == "ERROR" or node.is_missing else []
        return here + [error for child in node.children for error in walk(child)]

    return walk(Parser(GRAMMARS[language]).parse(program.encode()).root_node)


@dataclass(frozen=True)
class Runtime:
    """`command` gives what to run for a file; `file` is how that must be called."""

    file: str
    program: str
    command: Callable[[str, Path], list[str]]


RUNTIMES: Mapping[str, Runtime] = {
    "curl": Runtime("sample.sh", "curl", lambda _program, file: ["sh", str(file)]),
    "python": Runtime("sample.py", sys.executable, lambda program, file: [program, str(file)]),
    "javascript": Runtime("sample.mjs", "node", lambda program, file: [program, str(file)]),
    "java": Runtime("Main.java", "java", lambda program, file: [program, str(file)]),
    "go": Runtime("main.go", "go", lambda program, file: [program, "run", str(file)]),
    "php": Runtime("sample.php", "php", lambda program, file: [program, str(file)]),
}
ALWAYS = {"curl", "python", "javascript"}


def present() -> list[str]:
    """The languages that this machine can run."""
    return [name for name, one in RUNTIMES.items() if name in ALWAYS or shutil.which(one.program) is not None]


def run_sample(program: str, language: str, folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """As a reader would: a file and the language's own command."""
    runtime = RUNTIMES[language]
    folder.mkdir(exist_ok=True)
    file = folder / runtime.file
    file.write_text(program, encoding="utf-8")
    where = shutil.which(runtime.program) or runtime.program
    given = {**os.environ, **env, "NO_PROXY": "*"}
    return subprocess.run(
        runtime.command(where, file), env=given, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def run_shell(code: str, state: Path, env: Mapping[str, str]) -> str:
    """A block of a guide; what it sets is there for the next one. Fails where the shell does."""
    script = f"set -euo pipefail\n[ -f '{state}' ] && . '{state}'\nset -a\n{code}\nset +a\nexport -p > '{state}'\n"
    given = {"PATH": os.environ["PATH"], "NO_PROXY": "*", **env}
    done = subprocess.run(
        ["bash", "-c", script], env=given, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
    return done.stdout
