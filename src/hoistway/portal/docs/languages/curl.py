"""curl, for a POSIX shell (https://curl.se/docs/manpage.html)."""

from hoistway.portal.docs.call import Call, Variable, pieces


def _quoted(value: str) -> str:
    """In single quotes, unless it contains a variable."""
    if not any(isinstance(piece, Variable) for piece in pieces(value)):
        return f"'{value}'"
    return '"' + "".join(f"${p.name}" if isinstance(p, Variable) else p.text for p in pieces(value)) + '"'


def write(call: Call) -> str:
    """Shows the answer, even if it is a refusal."""
    lines = [f"curl '{call.address}'"]
    if call.method not in {"GET", "POST"} or (call.method == "POST" and not call.form and call.json is None):
        lines.append(f"--request {call.method}")
    lines += [f"--header {_quoted(f'{name}: {value}')}" for name, value in call.headers]
    lines += [f"--data-urlencode {_quoted(f'{name}={value}')}" for name, value in call.form]
    if call.json is not None:
        lines += ["--header 'Content-Type: application/json'", f"--data '{call.json}'"]
    return " \\\n  ".join(lines) + "\n"
