"""What the server says of itself over SCIM: its features, resource types and schemas (https://www.rfc-editor.org/rfc/rfc7644#section-4)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.protocol.scim_user import GROUP, USER
from hoistway.scim.asked import LIMIT, LIST, MOST_LISTED
from hoistway.scim.guard import admit
from hoistway.scim.refusals import ScimRefusal, scim_reply, unknown

_CORE = "urn:ietf:params:scim:schemas:core:2.0:"
Document = dict[str, Any]


def _attribute(name: str, description: str, kind: str = "string", **more: Any) -> Document:
    return {
        "name": name, "type": kind, "multiValued": False, "description": description, "required": False, "caseExact": False,
        "mutability": "readWrite", "returned": "default", "uniqueness": "none", **more,
    }  # fmt: skip


_NAME = (
    _attribute("formatted", "The whole name."),
    _attribute("familyName", "The family name."),
    _attribute("givenName", "The given name."),
    _attribute("middleName", "The middle names."),
    _attribute("honorificPrefix", "A title before the name."),
    _attribute("honorificSuffix", "What follows the name."),
)
_EMAIL = (
    _attribute("value", "The address."),
    _attribute("display", "The address as it is shown."),
    _attribute("type", "What it is for.", canonicalValues=["work", "home", "other"]),
    _attribute("primary", "Whether it is the one that counts.", "boolean"),
)
_OF_GROUP = (
    _attribute("value", "The group's id.", mutability="readOnly"),
    _attribute("$ref", "Its address.", "reference", referenceTypes=["Group"], mutability="readOnly"),
    _attribute("display", "Its name.", mutability="readOnly"),
    _attribute("type", "Always direct.", canonicalValues=["direct"], mutability="readOnly"),
)
_MEMBER = (
    _attribute("value", "The person's id.", mutability="immutable"),
    _attribute("$ref", "The person's address.", "reference", referenceTypes=["User"], mutability="immutable"),
    _attribute("type", "Always User.", canonicalValues=["User"], mutability="immutable"),
)
_SCHEMAS = (
    {
        "id": USER, "name": "User", "description": "A person of the customer.",
        "attributes": [
            _attribute(
                "userName", "The e-mail address: in a proved domain it gives an account.", required=True, uniqueness="server"
            ),
            _attribute("name", "The parts of the name.", "complex", subAttributes=_NAME),
            _attribute("displayName", "The name that is shown."),
            _attribute("emails", "E-mail addresses.", "complex", multiValued=True, subAttributes=_EMAIL),
            _attribute("active", "Whether the person has a place in the customer.", "boolean"),
            _attribute(
                "groups", "Roles and groups.", "complex", multiValued=True, mutability="readOnly", subAttributes=_OF_GROUP
            ),
        ],
    },
    {
        "id": GROUP, "name": "Group", "description": "member and administrator are roles; other groups give nothing.",
        "attributes": [
            _attribute("displayName", "The group's name.", required=True, uniqueness="server"),
            _attribute("members", "Who is in it.", "complex", multiValued=True, subAttributes=_MEMBER),
        ],
    },
)  # fmt: skip


def _config(base: str) -> Document:
    return {
        "schemas": [f"{_CORE}ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": LIMIT},
        "filter": {"supported": True, "maxResults": MOST_LISTED},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken", "name": "Bearer token", "primary": True,
                "description": "A token of the customer, made by `hoistway scim token add`.",
                "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }  # fmt: skip


def _types(base: str) -> list[Document]:
    return [
        {
            "schemas": [f"{_CORE}ResourceType"], "id": name, "name": name, "endpoint": f"/{name}s", "schema": urn,
            "description": described,
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{name}"},
        }
        for name, urn, described in (("User", USER, "People of the customer"), ("Group", GROUP, "Roles and groups"))
    ]  # fmt: skip


def _schemas(base: str) -> list[Document]:
    return [
        {
            "schemas": [f"{_CORE}Schema"], **one,
            "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{one['id']}"},
        }
        for one in _SCHEMAS
    ]  # fmt: skip


async def provider_config(engine: Engine, request: Request) -> Response:
    sender = await admit(engine, request)
    return scim_reply(_config(sender.base))


def _answer(request: Request, documents: list[Document]) -> Response:
    """The list, or the one whose id the address names. What is described can't be searched (section 4)."""
    wanted = request.path_params.get("id")
    if "filter" in request.query_params:
        raise ScimRefusal(403, "What is described here can't be filtered: read it whole.")
    if wanted is not None:
        found = next((one for one in documents if one["id"] == wanted), None)
        if found is None:
            raise unknown()
        return scim_reply(found)
    count = len(documents)
    listed = {"schemas": [LIST], "totalResults": count, "startIndex": 1, "itemsPerPage": count, "Resources": documents}
    return scim_reply(listed)


async def resource_types(engine: Engine, request: Request) -> Response:
    sender = await admit(engine, request)
    return _answer(request, _types(sender.base))


async def schemas(engine: Engine, request: Request) -> Response:
    sender = await admit(engine, request)
    return _answer(request, _schemas(sender.base))
