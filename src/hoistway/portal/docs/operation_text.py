"""An operation of the reference as Markdown, for programs and for the search."""

from collections.abc import Iterator

from hoistway.portal.docs.described import Member, Operation, operations
from hoistway.portal.docs.samples import written


def _members(members: tuple[Member, ...], depth: int = 0) -> Iterator[str]:
    for one in members:
        facts = [one.type, *([] if one.required else ["optional"]), *one.rules]
        facts += [f"one of {', '.join(one.values)}"] if one.values else []
        place = f" in {one.place}" if one.place else ""
        yield f"{'  ' * depth}- `{one.name}`{place} ({'; '.join(facts)}): {one.description}"
        yield from _members(one.members, depth + 1)


def _chapter(title: str, members: tuple[Member, ...]) -> list[str]:
    return [f"## {title}", "", *_members(members), ""] if members else []


def operation_text(operation: Operation) -> str:
    """In English; placeholders are not filled yet."""
    token = (
        f"Scope: {', '.join(operation.scopes)}" if operation.scopes else "Any token" if operation.token else "No token"
    )
    lines = [f"# {operation.summary}", "", f"`{operation.method} {operation.path}`", "", f"{token}.", ""]
    lines += _chapter("Parameters", operation.parameters)
    lines += _chapter("Request body", operation.body)
    lines += _chapter("Answer", operation.done.members)
    if operation.done.example is not None:
        lines += ["```json", operation.done.example, "```", ""]
    lines += ["## Refusals", ""] if operation.refusals else []
    lines += [f"- {one.status} `{one.problem}`: {one.meaning}" for one in operation.refusals]
    for sample in written(operation.call):
        lines += ["", f"## {sample.name}", "", f"```{sample.key}", sample.code.rstrip("\n"), "```"]
    return "\n".join(lines) + "\n"


def reference_text(base_url: str) -> str:
    """The list of operations."""
    lines = ["# Customer API", "", f"{base_url}/api/v1, described by {base_url}/api/v1/openapi.json", ""]
    lines += [f"- [{o.method} {o.path}]({base_url}{o.href}.md): {o.summary}" for o in operations().values()]
    return "\n".join(lines) + "\n"
