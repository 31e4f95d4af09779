"""The calls that guides show beside their text; and any call as a sample in every language."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from msgspec import Struct

from hoistway.portal.docs.call import Call
from hoistway.portal.docs.languages import LANGUAGES
from hoistway.web.highlight import highlight

BEARER: Final = (("Authorization", "Bearer ${ACCESS_TOKEN}"),)

CALLS: Final[Mapping[str, Call]] = {
    "password": Call(
        "POST",
        "{{token_endpoint}}",
        form=(
            ("grant_type", "password"),
            ("client_id", "{{client_id}}"),
            ("username", "{{username}}"),
            ("password", "${PASSWORD}"),
            ("scope", "{{scope}}"),
        ),
    ),
    "client_credentials": Call(
        "POST",
        "{{token_endpoint}}",
        form=(
            ("grant_type", "client_credentials"),
            ("client_id", "{{daemon_client_id}}"),
            ("client_secret", "${CLIENT_SECRET}"),
            ("scope", "{{scope}}"),
        ),
    ),
    "refresh": Call(
        "POST",
        "{{token_endpoint}}",
        form=(
            ("grant_type", "refresh_token"),
            ("client_id", "{{client_id}}"),
            ("refresh_token", "${REFRESH_TOKEN}"),
        ),
    ),
    "units": Call("GET", "{{base_url}}/api/v1/units", query=(("limit", "20"),), headers=BEARER),
    "me": Call("GET", "{{base_url}}/api/v1/me", headers=BEARER),
}


class Written(Struct, frozen=True):
    """One call in one language, as a program and as HTML. Both still contain `{{placeholders}}`."""

    key: str
    name: str
    code: str
    html: str


@cache
def written(call: Call) -> tuple[Written, ...]:
    """In every language, in the order of the tabs."""
    found = [(language.key, language.name, language.write(call)) for language in LANGUAGES.values()]
    return tuple(Written(key, name, code, highlight(code.rstrip("\n"), key)) for key, name, code in found)
