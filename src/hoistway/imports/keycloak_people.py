"""People of a Keycloak realm as accounts here: their names, place and password, and what of them stays behind."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from hoistway.authn.foreign.costs import BadDigest
from hoistway.authn.foreign.keycloak import credential_of
from hoistway.authn.foreign.reading import check_digest
from hoistway.imports.accounts import Account
from hoistway.imports.keycloak_realm import KeycloakUser, Realm, values_in
from hoistway.imports.keycloak_realm import roles_in as roles_in_both
from hoistway.imports.mappings import ListedPeople
from hoistway.imports.naming import (
    LONGEST_NAME,
    NO_SUBJECT,
    UUID,
    Unread,
    address_of,
    id_for,
    is_technical,
    language_of,
    line_of,
    stored,
)
from hoistway.imports.placing import Placing
from hoistway.protocol.provider_token import is_subject
from hoistway.protocol.text import username_key

NEW_PASSWORD: Final = "UPDATE_PASSWORD"
GROUPS, ROLES = "groups", "roles"
"""Words of the mapping beside the names of attributes."""
_PASSWORDS: Final = frozenset({"password", "password-history"})


def former_of(user: KeycloakUser, said: ListedPeople, realm: Realm, told: list[str]) -> tuple[tuple[str, str], ...]:
    """(issuer, subject) at the identity providers whose issuer is known; what no provider can send is told."""
    found: dict[tuple[str, str], None] = {}
    for one in user.federated_identities or ():
        issuer = said.issuers.get(one.identity_provider or "") or realm.issuers.get(one.identity_provider or "")
        if not issuer or not one.user_id:
            continue
        if is_subject(one.user_id) and is_subject(issuer):
            found[issuer, one.user_id] = None
        else:
            told.append(NO_SUBJECT.format(issuer=issuer[:LONGEST_NAME]))
    return tuple(found)


class People:
    """Of one realm, by one mapping."""

    def __init__(self, said: ListedPeople, realm: Realm, placing: Placing) -> None:
        self._said, self._realm, self._placing = said, realm, placing

    def values(self, user: KeycloakUser, name: str | None) -> Sequence[str]:
        """Of the attribute, or of the nearest of their groups that has it; groups and roles with those above them."""
        groups = self._realm.groups_of(user.groups or ())
        if name is None:
            return ()
        if name == GROUPS:
            return groups
        if name == ROLES:
            brought = [role for path in groups if path in self._realm.groups for role in self._realm.groups[path].roles]
            own = roles_in_both(user.realm_roles, user.client_roles)
            return sorted(self._realm.roles_of([*own, *brought]))
        own_values = values_in(user.attributes).get(name)
        if own_values is not None:
            return own_values
        return next((self._realm.groups[path].attributes[name] for path in groups if self._has(path, name)), ())

    def _has(self, path: str, name: str) -> bool:
        return path in self._realm.groups and name in self._realm.groups[path].attributes

    def slots(self, user: KeycloakUser) -> Mapping[str, str | None]:
        """What placing reads. Raises Unread."""
        said = self._said
        return {
            "customer": self._customer(user), "role": self._role(user),
            "sites": said.reach.separator.join(self.values(user, said.reach.attribute)) or None,
        }  # fmt: skip

    def _customer(self, user: KeycloakUser) -> str | None:
        said = self._said.customer
        values = self.values(user, said.attribute)
        if said.attribute in {GROUPS, ROLES}:
            values = [value for value in values if value in said.values]
        customers = {said.values.get(value, value): value for value in values}
        if len(customers) > 1:
            raise Unread(
                f"belongs to several customers ({', '.join(sorted(customers)[:5])}), and an import gives one place: take one away at the old "
                "system, and give the other here"
            )
        return next(iter(customers.values()), None)

    def _role(self, user: KeycloakUser) -> str | None:
        """The one that gives most; None where groups or roles say nothing of it."""
        said = self._said.role
        values = self.values(user, said.attribute)
        found = next((value for value in (*said.administrator, *said.member) if value in values), None)
        return found or (None if said.attribute in {GROUPS, ROLES} else next(iter(values), None))

    def account(self, user: KeycloakUser) -> Account:
        """Raises Unread, Unplaced."""
        said = self._said
        named = self._named(user)
        username = next(iter(named.values()))
        marks = self.values(user, said.technical.attribute)
        kind = "service_account" if is_technical(said.technical, marks, named) else "user"
        if user.id is not None and not UUID.fullmatch(user.id.lower()):
            raise Unread("its id is no UUID: write one into the file, or take it out, and one is made")
        told: list[str] = []
        digest = _digest(user, told)
        _tell_rest(user, told)
        former = former_of(user, said, self._realm, told) if kind == "user" else ()
        name = " ".join(one for one in (user.first_name, user.last_name) if one and one.strip())
        email = address_of(user.email or "")
        seconds = (user.created_timestamp or 0) // 1000
        return Account(
            kind, user.id.lower() if user.id else id_for(kind, username), named, line_of(name, "the name") if name else username,
            self._placing.place(self.slots(user)), (email,) if email is not None and kind == "user" else (),
            language_of(next(iter(values_in(user.attributes).get("locale", ())), None)), user.enabled is not False,
            seconds if 0 < seconds < 2**35 else None,
            former=former, digest=digest, is_made=not user.id, told=tuple(told),
        )  # fmt: skip

    def _named(self, user: KeycloakUser) -> Mapping[str, str]:
        """The user name, and the address where the realm let people sign in with it."""
        username = line_of(user.username or "", "the user name")
        named = {username_key(username): username}
        email = address_of(user.email or "")
        texts = self._realm.texts
        if (
            email is not None
            and texts.get("loginWithEmailAllowed") != "false"
            and texts.get("duplicateEmailsAllowed") != "true"
        ):
            named.setdefault(username_key(email), line_of(email, "the address"))
        return named


def _digest(user: KeycloakUser, told: list[str]) -> str | None:
    """Of the first password, which Keycloak keeps in the order of priority."""
    found = next((one for one in user.credentials or () if one.get("type", "password") == "password"), None)
    if found is None:
        return None
    if NEW_PASSWORD in (user.required_actions or ()) or found.get("temporary") is True:
        told.append(
            f"must choose a new password ({NEW_PASSWORD}), so that the old one is not carried: the person resets it"
        )
        return None
    if "secretData" not in found and "hashedSaltedValue" not in found:
        told.append("the password is no digest, and passwords in plain text are not read: the person resets it")
        return None
    try:
        digest = credential_of(found)
        check_digest(digest)
    except BadDigest as error:
        told.append(f"the password is not carried, the person resets it: {error}")
        return None
    return stored(digest)


def _tell_rest(user: KeycloakUser, told: list[str]) -> None:
    kinds = {str(one.get("type"))[:40] for one in user.credentials or ()} - _PASSWORDS - {"None"}
    if kinds:
        told.append(f"second factors stay behind ({_listed(kinds)}): the person adds one here")
    actions = {one[:40] for one in user.required_actions or ()} - {NEW_PASSWORD}
    if actions:
        told.append(f"required actions stay behind: {_listed(actions)}")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)[:10])
