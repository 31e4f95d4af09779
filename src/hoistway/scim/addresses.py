"""The addresses of SCIM (https://www.rfc-editor.org/rfc/rfc7644#section-3.2)."""

from typing import Final

from hoistway.scim.absent import bulk, me
from hoistway.scim.discovery import provider_config, resource_types, schemas
from hoistway.scim.everything import search_all
from hoistway.scim.groups import group, groups, search_groups
from hoistway.scim.refusals import Endpoint, answered
from hoistway.scim.users import search_users, user, users

_ROOT = "/scim/v2/{customer}"
_MANY, _ONE = ("GET", "POST"), ("GET", "PUT", "PATCH", "DELETE")
ADDRESSES: Final[tuple[tuple[str, Endpoint, tuple[str, ...]], ...]] = (
    (f"{_ROOT}/ServiceProviderConfig", answered(provider_config), ("GET",)),
    (f"{_ROOT}/ResourceTypes", answered(resource_types), ("GET",)),
    (f"{_ROOT}/ResourceTypes/{{id}}", answered(resource_types), ("GET",)),
    (f"{_ROOT}/Schemas", answered(schemas), ("GET",)),
    (f"{_ROOT}/Schemas/{{id}}", answered(schemas), ("GET",)),
    (f"{_ROOT}/.search", answered(search_all), ("POST",)),
    (f"{_ROOT}/Me", answered(me), ("GET", "POST", "PUT", "PATCH", "DELETE")),
    (f"{_ROOT}/Bulk", answered(bulk), ("POST",)),
    (f"{_ROOT}/Users", answered(users), _MANY),
    (f"{_ROOT}/Users/.search", answered(search_users), ("POST",)),
    (f"{_ROOT}/Users/{{id}}", answered(user), _ONE),
    (f"{_ROOT}/Groups", answered(groups), _MANY),
    (f"{_ROOT}/Groups/.search", answered(search_groups), ("POST",)),
    (f"{_ROOT}/Groups/{{id}}", answered(group), _ONE),
)
"""Path, endpoint, methods."""
