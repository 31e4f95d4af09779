"""Files in YAML that an operator writes (https://yaml.org/spec/1.2.2/)."""

import re
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

from hoistway.protocol.text_file import NotUtf8, text_of

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_DEEP: Final = 32
# As many openings in a row; the parser reads ahead before it tells of the first one.
_DEEP: Final = re.compile(rf"(?:[\[{{]\s*){{{MOST_DEEP + 1}}}")


class BadYaml(Exception):
    """The text says what is wrong and where, and what to do."""


def read_yaml(path: Path) -> Any:
    """Plain values alone; None where the file says nothing. Raises BadYaml."""
    try:
        if path.exists() and not path.is_file():
            raise BadYaml(f"{path} is no file")
        with path.open("rb") as file:
            body = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadYaml(f"{path} can't be read: {error.strerror}") from error
    if len(body) > MOST_BYTES:
        raise BadYaml(f"{path} has more than {MOST_BYTES >> 20} MB")
    try:
        text = text_of(body)
        _check_shape(path, text)
        return YAML(typ="safe", pure=True).load(text)
    except NotUtf8 as error:
        raise BadYaml(f"{path}: {error}") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = "" if mark is None else f", line {mark.line + 1}, column {mark.column + 1}"
        raise BadYaml(f"{path}{place}: {error.problem}") from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise BadYaml(f"{path} is no YAML: {type(error).__name__}") from None


def _check_shape(path: Path, text: str) -> None:
    """A few nested aliases stand for millions of values, and the parser's work grows with the square of the depth. Raises BadYaml, and what
    the parser raises."""
    if _DEEP.search(text):
        raise BadYaml(f"{path}: lists or members lie in one another more than {MOST_DEEP} deep")
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        line = event.start_mark.line + 1
        if isinstance(event, AliasEvent):
            raise BadYaml(f"{path}, line {line}: aliases (*) are not read: write the value out")
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MOST_DEEP:
            raise BadYaml(f"{path}, line {line}: lists or members lie in one another more than {MOST_DEEP} deep")
