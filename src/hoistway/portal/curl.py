"""Requests as commands for a shell, as static/curl.js writes them in the page (https://curl.se/docs/manpage.html)."""

from collections.abc import Iterable


def quoted(text: str) -> str:
    """In single quotes, in which a shell reads nothing but the end."""
    return "'" + text.replace("'", "'\\''") + "'"


def token_request(url: str, fields: Iterable[tuple[str, str]], secrets: Iterable[tuple[str, str]]) -> str:
    """`secrets` are names of fields and the variables of the shell that hold them."""
    lines = [f"curl -X POST {quoted(url)}"]
    lines += [f"--data-urlencode {quoted(f'{name}={value}')}" for name, value in fields]
    lines += [f'--data-urlencode "{name}=${variable}"' for name, variable in secrets]
    return " \\\n  ".join(lines)
