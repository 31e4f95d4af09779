"""Compares discovery documents, keys, redirects and headers."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from hoistway.replay.differing import Bases, Difference, compare_names, compare_texts
from hoistway.replay.members import compare_values
from hoistway.replay.sending import Answer


def compare_discovery(old: Mapping[str, Any], new: Mapping[str, Any], bases: Bases) -> list[Difference]:
    """Lists are sets here (RFC 8414 section 2)."""
    found: list[Difference] = []
    for name in sorted(old.keys() | new.keys()):
        if isinstance(old.get(name), list) and isinstance(new.get(name), list):
            found += compare_names(name, map(str, old[name]), map(str, new[name]))
        elif name in old and name in new:
            found += compare_values(name, old[name], new[name], bases)
        else:
            found += compare_names("", [name] if name in old else [], [name] if name in new else [])
    return found


def compare_keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Kinds and algorithms of the keys, and which members a key has (RFC 7517 section 4)."""
    found = compare_names(
        "keys", *({f"{k.get('kty')} {k.get('use')} {k.get('alg', '')}".strip() for k in _keys(s)} for s in (old, new))
    )
    return found + compare_names("keys[]", *({name for k in _keys(s) for name in k} for s in (old, new)))


def _keys(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    keys = said.get("keys")
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []


def compare_redirects(locations: tuple[str, str], asked: tuple[str, str], bases: Bases) -> list[Difference]:
    """Both addresses, and the names of what they carry; of an error the code. Where each leads to a page of its own side, only
    that it does."""
    before, after = (urljoin(url, location) for url, location in zip(asked, locations, strict=True))
    before, after = bases.of_old(before), bases.of_new(after)
    if before.startswith("HOST") and after.startswith("HOST"):
        return []
    parts, others = urlsplit(before), urlsplit(after)
    found = compare_texts(
        "location", before.partition("?")[0].partition("#")[0], after.partition("?")[0].partition("#")[0]
    )
    if found:
        return found
    for name in ("query", "fragment"):
        carried, instead = (dict(parse_qsl(getattr(one, name))) for one in (parts, others))
        found += compare_names(f"location.{name}", carried, instead)
        if "error" in carried and "error" in instead:
            found += compare_texts(f"location.{name}.error", carried["error"], instead["error"])
    return found


def compare_headers(old: Answer, new: Answer) -> list[Difference]:
    """Those that programs act on."""
    found = compare_texts(
        "content-type", *(one.headers.get("content-type", "").partition(";")[0].strip().lower() for one in (old, new))
    )
    found += compare_texts(
        "www-authenticate", *(one.headers.get("www-authenticate", "").partition(" ")[0].lower() for one in (old, new))
    )
    for name in ("retry-after", "etag", "access-control-allow-origin"):
        found += compare_names(
            name, ["is sent"] if name in old.headers else [], ["is sent"] if name in new.headers else []
        )
    stored = ["no-store" in one.headers.get("cache-control", "").lower() for one in (old, new)]
    return found + (compare_texts("cache-control", "no-store", "may be stored") if stored == [True, False] else [])
