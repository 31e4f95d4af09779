"""Every response type by its canonical name; discovery advertises exactly this (OAuth 2.0 Multiple Response Types)."""

from collections.abc import Mapping

from msgspec import Struct


class ResponseType(Struct, frozen=True):
    """`implicit`: tokens leave by the front channel, which needs a dated exception."""

    name: str
    code: bool
    access_token: bool
    id_token: bool

    @property
    def implicit(self) -> bool:
        return self.access_token or self.id_token


RESPONSE_TYPES: Mapping[str, ResponseType] = {
    response_type.name: response_type
    for response_type in (
        ResponseType("code", True, False, False),
        ResponseType("token", False, True, False),
        ResponseType("id_token", False, False, True),
        ResponseType("id_token token", False, True, True),
    )
}
