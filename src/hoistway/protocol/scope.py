"""Reads the scopes that a request asks for, and finds the one API that they belong to (https://www.rfc-editor.org/rfc/rfc6749#section-3.3)."""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

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


class ApiScopes(Struct, frozen=True):
    """An API as far as scopes are concerned: `uri` is the prefix in `{uri}/{name}`. `wires` are (word, name): scopes whose name is
    another one here, because an API that was there first has the word; programs go on with `{uri}/{word}`."""

    api_id: ApiId
    audience: str
    uri: str
    names: tuple[str, ...]
    wires: tuple[tuple[str, str], ...] = ()

    def called(self, name: str) -> str:
        """What the API's own programs call this scope."""
        return next((word for word, of in self.wires if of == name), name)

    def behind(self, word: str) -> str | None:
        """The name of the scope that `{uri}/{word}` means."""
        name = next((of for known, of in self.wires if known == word), word)
        return name if name in self.names else None


class Resolved(Struct, frozen=True):
    """`asked` holds the words as they were sent, without `offline_access` where it is not allowed; `names` are the
    short names of the API's scopes that are granted. `client_audience` is True where the client id itself was asked for
    as a scope, as programs written for B2C do: then the access token is meant for the client."""

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
        """What a person is asked to consent to: the API and its scopes, OpenID's own scopes, or at least that the
        application knows who they are. `offline_access` counts for the API that it is asked for together with."""
        personal = {(NO_API, "openid"), *((NO_API, name) for name in self.oidc if name != "offline_access")}
        lasting = {(self.api_id, "offline_access")} if "offline_access" in self.oidc else set()
        return frozenset(personal | lasting | {(self.api_id, name) for name in self.names})

    @property
    def granted(self) -> tuple[str, ...]:
        """The API and its scopes, as codes and refresh token families store them."""
        return (self.api_id, *self.names)

    def held_to(self, granted: tuple[str, ...]) -> "Resolved":
        """Leaves only what was granted at that time, whatever the words mean by now (RFC 6749 section 6). Raises
        InvalidScope."""
        if self.api is None or (self.api.api_id == granted[0] and granted[1:] == self.names):
            return self
        names = tuple(name for name in self.names if name in granted[1:])
        if self.api.api_id != granted[0] or not names:
            raise InvalidScope("These scopes were not granted at sign-in: begin a new sign-in for them.", b2c="90117")
        return replace(self, names=names)


def read_scope(text: str | None) -> tuple[str, ...]:
    """The words in their order, without repetitions. Raises InvalidScope for characters that RFC 6749 section 3.3
    excludes."""
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
    own = {spelling for name in names for spelling in (name.rstrip("/"), f"{uri}/{name}".rstrip("/"))}
    return own | {f"{uri}/{word}".rstrip("/") for word, name in api.wires if name in names}


def _whole(api: ApiScopes) -> set[str]:
    uri = api.uri.rstrip("/")
    return {uri, f"{uri}/.default", api.audience.rstrip("/")}


def words_of(api: ApiScopes) -> set[str]:
    """Every word that asks for this API or one of its scopes, as a scope or as a resource."""
    return _whole(api) | _own_words(api, api.names)


def apart(apis: Iterable[ApiScopes]) -> tuple[ApiScopes, ...]:
    """The same APIs in the same order, each without names that an earlier API has. What applications may ask for is
    stored by name, so a second API with the same name would be open to every application that was allowed the first
    one's."""
    taken: set[str] = set(OIDC_SCOPES)
    found = []
    for api in apis:
        names = () if _whole(api) & taken else tuple(name for name in api.names if not _own_words(api, (name,)) & taken)
        found.append(replace(api, names=names))
        taken |= _whole(api) | _own_words(api, names)
    return tuple(found)


def is_itself(word: str, client_id: str) -> bool:
    """True where a scope or resource means the application that asks; GUIDs are compared without case."""
    return word == client_id or (_GUID.fullmatch(word) is not None and word.lower() == client_id.lower())


def granted_text(text: str, resolved: Resolved) -> str:
    """The scopes that the answer names as granted, spelled as in the request, without those that were left out (RFC
    6749 section 3.3)."""
    return text if OFFLINE in resolved.oidc or OFFLINE not in text.split(" ") else " ".join(resolved.asked)


def _spellings(api: ApiScopes, word: str) -> tuple[str, ...] | None:
    """The short names of this API's scopes that a word asks for; None where the word is not about this API."""
    uri = api.uri.rstrip("/")
    if word in api.names:
        return (word,)
    if word.rstrip("/") == uri or word == f"{uri}/.default":
        return api.names
    name = api.behind(word[len(uri) + 1 :]) if word.startswith(f"{uri}/") else None
    return None if name is None else (name,)


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
    """Finds the API, and which of its scopes the request is for. `offline_access` is dropped where the application may
    not have it, because libraries add it to every request (OpenID Connect Core section 11). Raises InvalidScope,
    InvalidTarget (RFC 8707 section 2)."""
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
        # Two APIs may share a name; then the resource, or an earlier scope, decides which API is meant.
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
    """True where a word is about an API, so neither one of OpenID's own scopes nor the client itself."""
    return any(word not in OIDC_SCOPES and not is_itself(word, client_id) for word in words)


def read_granted(
    granted: tuple[str, ...], apis: Sequence[ApiScopes], client_id: str, resource: str | None = None
) -> Resolved:
    """What was granted at sign-in, whatever the application may ask for now. Raises InvalidScope, InvalidTarget."""
    every = OIDC_SCOPES.union(*(api.names for api in apis))
    return resolve_scope(granted, apis, client_id, every, resource)


def narrow_scope(asked: tuple[str, ...], granted: Resolved) -> tuple[str, ...]:
    """A refresh may ask for the same scopes or fewer, in any spelling (RFC 6749 section 6). Raises InvalidScope."""
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
