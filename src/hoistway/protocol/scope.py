"""Scopes: reading what was asked and finding the one API it is for (https://www.rfc-editor.org/rfc/rfc6749#section-3.3)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hoistway.protocol.errors import InvalidScope, InvalidTarget
from hoistway.protocol.ids import ApiId

OFFLINE = "offline_access"
OIDC_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
MOST_SCOPES = 100
OwnedScope = tuple[ApiId, str]
"""A scope and the API that it belongs to: "" for what OpenID defines."""
NO_API = ApiId("")
_TOKENS = re.compile(r"[\x20\x21\x23-\x5B\x5D-\x7E]*")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


@dataclass(frozen=True, slots=True)
class ApiScopes:
    """An API as scopes see it: `uri` is the prefix in `{uri}/{name}`."""

    api_id: ApiId
    audience: str
    uri: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """`asked` verbatim and in order, without `offline_access` where it is not allowed; `names` the short API scopes granted;
    `client_audience` where the client id itself was asked as a scope, as programs written for B2C do: the access token is
    then meant for the client."""

    asked: tuple[str, ...]
    oidc: frozenset[str]
    api: ApiScopes | None
    names: tuple[str, ...]
    client_audience: bool

    @property
    def api_id(self) -> ApiId:
        return NO_API if self.api is None else self.api.api_id

    @property
    def owned(self) -> frozenset[OwnedScope]:
        """What a person is asked to consent to: to be known at the least, and `offline_access` for the API that goes on."""
        personal = {(NO_API, "openid"), *((NO_API, name) for name in self.oidc if name != "offline_access")}
        lasting = {(self.api_id, "offline_access")} if "offline_access" in self.oidc else set()
        return frozenset(personal | lasting | {(self.api_id, name) for name in self.names})

    @property
    def granted(self) -> tuple[str, ...]:
        """The API and its scopes, as codes and families of refresh tokens remember them."""
        return (self.api_id, *self.names)

    def held_to(self, granted: tuple[str, ...]) -> "Resolved":
        """Nothing that was not granted then, whatever the words mean by now (RFC 6749 section 6). Raises InvalidScope."""
        if self.api is None or (self.api.api_id == granted[0] and granted[1:] == self.names):
            return self
        names = tuple(name for name in self.names if name in granted[1:])
        if self.api.api_id != granted[0] or not names:
            raise InvalidScope("These scopes were not granted at sign-in: begin a new sign-in for them.", b2c="90117")
        return replace(self, names=names)


def read_scope(text: str | None) -> tuple[str, ...]:
    """In order, without repeats. Raises InvalidScope on characters outside RFC 6749 section 3.3."""
    if text is None:
        return ()
    words = [word for word in text.split(" ") if word]
    if len(words) > MOST_SCOPES:
        raise InvalidScope(
            f"More than {MOST_SCOPES} scopes were asked: ask for those that the program uses.", b2c="90117"
        )
    if not _TOKENS.fullmatch(text):
        raise InvalidScope(
            "A scope holds a character that scopes may not hold: separate scopes by one space.", b2c="90117"
        )
    return tuple(dict.fromkeys(words))


def _own_words(api: ApiScopes, names: Iterable[str]) -> set[str]:
    uri = api.uri.rstrip("/")
    return {spelling for name in names for spelling in (name.rstrip("/"), f"{uri}/{name}".rstrip("/"))}


def _whole(api: ApiScopes) -> set[str]:
    uri = api.uri.rstrip("/")
    return {uri, f"{uri}/.default", api.audience.rstrip("/")}


def words_of(api: ApiScopes) -> set[str]:
    """Everything that asks for this API or one of its scopes, as a scope or a resource."""
    return _whole(api) | _own_words(api, api.names)


def apart(apis: Iterable[ApiScopes]) -> tuple[ApiScopes, ...]:
    """The same in the same order, each with those of its names alone that mean no API before it: what applications may ask
    for is kept by name, so a second API of that name would be open to all that were allowed the first one's."""
    taken: set[str] = set(OIDC_SCOPES)
    found = []
    for api in apis:
        names = () if _whole(api) & taken else tuple(name for name in api.names if not _own_words(api, (name,)) & taken)
        found.append(replace(api, names=names))
        taken |= _whole(api) | _own_words(api, names)
    return tuple(found)


def is_itself(word: str, client_id: str) -> bool:
    """Whether a scope or resource means the application that asks: GUIDs have no case."""
    return word == client_id or (_GUID.fullmatch(word) is not None and word.lower() == client_id.lower())


def granted_text(text: str, resolved: Resolved) -> str:
    """What the answer says was granted: the request's own spelling, without what was left out (RFC 6749 section 3.3)."""
    return text if OFFLINE in resolved.oidc or OFFLINE not in text.split(" ") else " ".join(resolved.asked)


def _spellings(api: ApiScopes, word: str) -> tuple[str, ...] | None:
    """The short names that a word asks of this API, or None where it is not about it."""
    uri = api.uri.rstrip("/")
    if word in api.names:
        return (word,)
    if word.rstrip("/") == uri or word == f"{uri}/.default":
        return api.names
    if word.startswith(f"{uri}/") and word[len(uri) + 1 :] in api.names:
        return (word[len(uri) + 1 :],)
    return None


def _find(apis: Sequence[ApiScopes], word: str) -> tuple[ApiScopes, tuple[str, ...]]:
    for api in apis:
        names = _spellings(api, word)
        if names is not None:
            return api, names
    raise InvalidScope(f"The scope {word[:100]} does not exist here: discovery lists those that do.", b2c="90117")


def _of_resource(apis: Sequence[ApiScopes], resource: str) -> ApiScopes:
    for api in apis:
        if resource.rstrip("/") in {api.audience.rstrip("/"), api.uri.rstrip("/")}:
            return api
    raise InvalidTarget("The resource is not an API of this server: send its audience or its URI.", b2c="90117")


def _without_offline(asked: tuple[str, ...], allowed: frozenset[str]) -> tuple[str, ...]:
    return asked if OFFLINE in allowed else tuple(word for word in asked if word != OFFLINE)


def resolve_scope(
    asked: tuple[str, ...],
    apis: Sequence[ApiScopes],
    client_id: str,
    allowed: frozenset[str],
    resource: str | None = None,
) -> Resolved:
    """Which API and which of its scopes a request is for. `offline_access` is left out where the application may not ask
    for it: libraries add it to everything (OpenID Connect Core section 11).

    Raises InvalidScope, InvalidTarget (RFC 8707 section 2)."""
    asked = _without_offline(asked, allowed)
    target = _of_resource(apis, resource) if resource is not None else None
    oidc: set[str] = set()
    names: dict[str, None] = {}
    whole_api = client_audience = False
    for word in asked:
        if word in OIDC_SCOPES:
            if word not in allowed:
                raise InvalidScope(
                    f"This application may not ask for {word}: ask the operator to allow it.", b2c="90055"
                )
            oidc.add(word)
            continue
        if is_itself(word, client_id):
            client_audience = True
            continue
        # Two APIs may have a name in common: the resource, or a scope before this one, decides whose it is.
        api, names_of = _find(apis if target is None else (target, *apis), word)
        if target is not None and api.api_id != target.api_id:
            raise InvalidScope("The scopes belong to more than one API: ask for one API in each request.", b2c="90146")
        target = api
        granted = [name for name in names_of if name in allowed]
        whole_api = word.rstrip("/").removesuffix("/.default") == api.uri.rstrip("/")
        if not granted or (not whole_api and len(granted) < len(names_of)):
            raise InvalidScope(
                f"This application may not ask for {word[:100]}: ask the operator to allow it.", b2c="90055"
            )
        names.update(dict.fromkeys(granted))
    if target is not None and not names:
        names.update(dict.fromkeys(name for name in target.names if name in allowed))
        if not names:
            raise InvalidTarget(
                "This application may not use that API: ask the operator to allow one of its scopes.", b2c="90055"
            )
    if client_audience and target is not None:
        client_audience = False
    return Resolved(asked, frozenset(oidc), target, tuple(names), client_audience)


def names_api(words: Iterable[str], client_id: str) -> bool:
    """True where a word is about an API: neither one of OpenID's own nor the client itself."""
    return any(word not in OIDC_SCOPES and not is_itself(word, client_id) for word in words)


def read_granted(
    granted: tuple[str, ...], apis: Sequence[ApiScopes], client_id: str, resource: str | None = None
) -> Resolved:
    """What was granted at sign-in, whatever the application may ask for today. Raises InvalidScope, InvalidTarget."""
    every = OIDC_SCOPES.union(*(api.names for api in apis))
    return resolve_scope(granted, apis, client_id, every, resource)


def narrow_scope(asked: tuple[str, ...], granted: Resolved) -> tuple[str, ...]:
    """What a refresh may ask: the same or less, in any spelling of it (RFC 6749 section 6). Raises InvalidScope."""
    for word in asked:
        names = None if granted.api is None else _spellings(granted.api, word)
        known = word in granted.asked or any(
            word.lower() == one.lower() and _GUID.fullmatch(one) for one in granted.asked
        )
        if not known and not (names and set(names) <= set(granted.names)):
            raise InvalidScope(
                f"The scope {word[:100]} was not granted at sign-in: a refresh can narrow the scope, never widen it.",
                b2c="90117",
            )
    return asked or granted.asked
