"""Writes requests as commands for a shell, in the same form as static/curl.js in the page (https://curl.se/docs/manpage.html)."""

from collections.abc import Iterable


def quoted(text: str) -> str:
    """In single quotes, in which a shell interprets nothing."""
    return "'" + text.replace("'", "'\\''") + "'"


def token_request(url: str, fields: Iterable[tuple[str, str]], secrets: Iterable[tuple[str, str]]) -> str:
    """`secrets` maps fields to the shell variables that hold them."""
    lines = [f"curl -X POST {quoted(url)}"]
    lines += [f"--data-urlencode {quoted(f'{name}={value}')}" for name, value in fields]
    lines += [f'--data-urlencode "{name}=${variable}"' for name, variable in secrets]
    return " \\\n  ".join(lines)
