"""JavaScript with fetch, as Node.js 18 and browsers have it (https://fetch.spec.whatwg.org)."""

from hoistway.portal.docs.call import Call, Text, Variable, pieces


def _text(value: str) -> str:
    found = pieces(value)
    match found:
        case (Variable(name),):
            return f"process.env.{name}"
        case (Text(text), Variable(name)):
            return f'"{text}" + process.env.{name}'
    return f'"{value}"'


def _name(key: str) -> str:
    return key if key.isidentifier() else f'"{key}"'


def _members(pairs: tuple[tuple[str, str], ...], indent: str) -> list[str]:
    return [f"{indent}{_name(key)}: {_text(value)}," for key, value in pairs]


def write(call: Call) -> str:
    """A module, which waits at its top level."""
    lines: list[str] = [] if call.method == "GET" else [f'  method: "{call.method}",']
    headers = call.headers if call.json is None else (*call.headers, ("Content-Type", "application/json"))
    if headers:
        lines += ["  headers: {", *_members(headers, "    "), "  },"]
    if call.form:
        lines += ["  body: new URLSearchParams({", *_members(call.form, "    "), "  }),"]
    if call.json is not None:
        lines.append(f"  body: JSON.stringify({call.json}),")
    begin = f'const reply = await fetch("{call.address}"'
    ask = [f"{begin}, {{", *lines, "});"] if lines else [f"{begin});"]
    end = ["if (!reply.ok) throw new Error(await reply.text());", "console.log(await reply.text());"]
    return "\n".join([*ask, *end]) + "\n"
