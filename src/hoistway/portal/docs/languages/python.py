"""Python with requests (https://requests.readthedocs.io)."""

import json
import re

from hoistway.portal.docs.call import Call, Text, Variable, pieces

_LITERAL = re.compile(r"\b(?:true|false|null)\b")  # which Python spells in another way


def _text(value: str) -> str:
    found = pieces(value)
    match found:
        case (Variable(name),):
            return f'os.environ["{name}"]'
        case (Text(text), Variable(name)):
            return f'"{text}" + os.environ["{name}"]'
    return f'"{value}"'


def _dictionary(name: str, pairs: tuple[tuple[str, str], ...]) -> list[str]:
    if not pairs:
        return []
    lines = [f'        "{key}": {_text(value)},' for key, value in pairs]
    return [f"    {name}={{", *lines, "    },"]


def write(call: Call) -> str:
    """Raises an exception where the server refuses."""
    lines = [
        f'    "{call.url}",',
        *_dictionary("params", call.query),
        *_dictionary("headers", call.headers),
        *_dictionary("data", call.form),
    ]
    if call.json is not None:
        body_of = json.loads(call.json)
        lines.append(f"    json={json.dumps(body_of) if not _LITERAL.search(call.json) else repr(body_of)},")
    body = [f"reply = requests.{call.method.lower()}(", *lines, "    timeout=10,", ")"]
    end = ["if not reply.ok:", "    raise SystemExit(reply.text)", "print(reply.text)"]
    uses_environment = "os.environ" in "".join(body)
    imports = (["import os", ""] if uses_environment else []) + ["import requests", ""]
    return "\n".join([*imports, *body, *end]) + "\n"
