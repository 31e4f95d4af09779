"""An export: what is there, as a file says it (docs/adr/0044-files.md)."""

from io import StringIO
from typing import Any, Final

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from hoistway.files.document import ORDER
from hoistway.files.kinds import KINDS
from hoistway.files.products import file_of_branding, file_of_product
from hoistway.store.branding import find_branding
from hoistway.store.db import Reader
from hoistway.store.products import list_products

HEAD: Final = "# yaml-language-server: $schema=hoistway.schema.json\n"
"""Editors that know it complete and check, once `hoistway schema` wrote that file beside this one."""


async def exported(db: Reader, set_name: str, words: frozenset[str]) -> dict[str, Any]:
    """Members without what has its usual value; kinds of which there is nothing are left out."""
    found: dict[str, Any] = {"set": set_name}
    for word in ORDER:
        if word not in words:
            continue
        rows = [said async for said in _described(db, word)]
        if rows:
            found[word] = msgspec.to_builtins(rows)
    branding = await find_branding(db) if "branding" in words else None
    if branding is not None:
        found["branding"] = msgspec.to_builtins(file_of_branding(branding))
    return found


async def _described(db: Reader, word: str) -> Any:
    if word != "products":
        async for row in KINDS[word].every(db):
            yield await KINDS[word].described(db, row)
        return
    after = ""
    while rows := await list_products(db, after, 100):
        for product in rows:
            yield file_of_product(product)
        after = rows[-1].id


def as_yaml(document: dict[str, Any]) -> str:
    yaml = YAML()
    yaml.default_flow_style, yaml.width = False, 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(_readable(document), out)
    return HEAD + out.getvalue()


def _readable(value: Any) -> Any:
    """Texts of several lines as blocks."""
    if isinstance(value, dict):
        return {name: _readable(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_readable(one) for one in value]
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value else value


KINDS_OF_EXPORT: Final = frozenset((*ORDER, "branding"))
