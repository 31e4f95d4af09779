"""People of an Azure AD B2C tenant as accounts here: which of them are taken, under which names, and what is said of the others."""

import re
from collections.abc import Mapping
from typing import Any, Final

from hoistway.imports.accounts import Account, as_json
from hoistway.imports.graph_user import Fate, GraphUser, NoUser
from hoistway.imports.mapping import People
from hoistway.imports.naming import NO_SUBJECT
from hoistway.imports.placing import Placing, Unplaced
from hoistway.protocol.email_domain import is_address
from hoistway.protocol.provider_token import is_subject
from hoistway.protocol.text import BadText, read_line, username_key
from hoistway.store.account_attributes import MOST as MOST_ATTRIBUTES
from hoistway.store.account_attributes import MOST_BYTES
from hoistway.store.sign_in_names import MOST as MOST_NAMES

MOST_EMAILS: Final = 5
LONGEST_NAME: Final = 200
FATES: Final[Mapping[Fate, str]] = {
    "deleted": "was deleted at the old system: restore it there and export it again, or leave it behind",
    "guest": "is a guest of another organisation, who never had a password here: invite the person to their customer",
    "work": "is a work account (an administrator of the tenant), which signs in nowhere else: give its owner an account here",
    "federated": (
        "signed in by a provider alone and has no name of their own: set people.federated_only to by_address, or invite the person once the "
        "customer's provider is connected"
    ),
}
_ORDER: Final = (re.compile(r"emailAddress[0-9]*"), re.compile(r"userName[0-9]*"), re.compile(r"phoneNumber[0-9]*"))


def account_of(user: GraphUser, people: People, placing: Placing) -> Account:
    """Raises NoUser, Unplaced."""
    _check_fate(user, people)
    _check_owned_once(user, people)
    named, sent_name = _named(user)
    kind = "service_account" if _is_technical(user, named, people) else "user"
    mails = tuple(mail for mail in map(_mail, user.mails) if mail is not None)[:MOST_EMAILS]
    former, told = _former(user, people) if kind == "user" else ((), ())
    return Account(
        kind, user.id, named, _name(user, named), placing.place(user.attributes), mails if kind == "user" else (),
        user.locale, user.enabled, user.created_at, _attributes(user, people), former,
        sent_name=sent_name, must_change=user.must_change, told=told,
    )  # fmt: skip


def _check_owned_once(user: GraphUser, people: People) -> None:
    """Of two applications' attributes of one name nobody knows which is meant: in tokens, and for the place. Raises NoUser."""
    if not user.twice:
        return
    places = {people.customer.attribute, people.role.attribute, people.reach.attribute, people.technical.attribute}
    wanted = user.twice if people.attributes is None else user.twice & {*people.attributes, *places}
    for name in sorted(wanted)[:1]:
        raise NoUser(
            f"two applications own an attribute {name}: leave one of them out of $select, and read the people again"
        )


def _former(user: GraphUser, people: People) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Who they are elsewhere, under the issuers' names here, once each; and what is said of those that no provider can send."""
    found: dict[tuple[str, str], None] = {}
    told: list[str] = []
    for issuer, subject in user.former:
        if is_subject(subject) and is_subject(issuer):
            found[people.issuers.get(issuer, issuer), subject] = None
        else:
            told.append(NO_SUBJECT.format(issuer=issuer[:LONGEST_NAME]))
    return tuple(found), tuple(told)


def _check_fate(user: GraphUser, people: People) -> None:
    if not user.has_identities:
        raise NoUser(
            "has no identities, so nobody knows how the person signs in: read the people again with identities in $select"
        )
    by_address = user.fate == "federated" and people.federated_only == "by_address"
    if user.fate != "take" and not by_address:
        raise NoUser(FATES[user.fate])


def _named(user: GraphUser) -> tuple[Mapping[str, str], str | None]:
    """By how names are compared, the user name first: an address, a name, a number, whatever else the tenant called it. And the name by which
    the old system's password grant knows the account, None where it has no password there. Raises NoUser."""
    found = [
        (_line(name, "a name to sign in with"), name) for _, name in sorted(user.names, key=lambda one: _rank(one[0]))
    ]
    names = [name for name, _ in found]
    # Letter for letter: the old system may compare names otherwise.
    sent_name = next((said if len(said) <= LONGEST_NAME else name for name, said in found), None)
    if not names:
        names = [mail for mail in map(_mail, user.mails) if mail is not None][:1]
    if not names:
        raise NoUser(
            "signed in by a provider alone and has no e-mail address that could be the user name: invite the person"
        )
    named: dict[str, str] = {}
    for name in names[: 10 * MOST_NAMES]:
        named.setdefault(username_key(name), name)
    if "" in named:
        raise NoUser(f"a name to sign in with must have 1 to {LONGEST_NAME} characters")
    if len(named) > MOST_NAMES + 1:
        raise NoUser(f"has more than {MOST_NAMES + 1} names to sign in with: take some away at the old system")
    return named, sent_name


def _rank(kind: str) -> int:
    return next((place for place, pattern in enumerate(_ORDER) if pattern.fullmatch(kind)), len(_ORDER))


def _line(text: str, what: str) -> str:
    """Raises NoUser."""
    try:
        read = read_line(text)
    except BadText as error:
        raise NoUser(f"{what} {error}") from None
    if not 1 <= len(read) <= LONGEST_NAME:
        raise NoUser(f"{what} must have 1 to {LONGEST_NAME} characters")
    return read


def _name(user: GraphUser, named: Mapping[str, str]) -> str:
    return next(iter(named.values())) if user.name is None else _line(user.name, "displayName")


def _mail(text: str) -> str | None:
    """None for what is no address: it is not needed."""
    try:
        read = read_line(text)
    except BadText:
        return None
    return read if is_address(read) else None


def is_technical(user: GraphUser, people: People) -> bool:
    """Whether it would be a technical account, if it is taken."""
    try:
        return _is_technical(user, _named(user)[0], people)
    except NoUser:
        return False


def _is_technical(user: GraphUser, named: Mapping[str, str], people: People) -> bool:
    said = people.technical
    value = None if said.attribute is None else user.attributes.get(said.attribute)
    if value is not None and str(value) in said.values:
        return True
    if not said.name_begins and not said.name_ends:
        return False
    begins, ends = tuple(map(username_key, said.name_begins)), tuple(map(username_key, said.name_ends))
    return any((begins and key.startswith(begins)) or (ends and key.endswith(ends)) for key in named)


def _attributes(user: GraphUser, people: People) -> tuple[tuple[str, str], ...]:
    """Raises NoUser."""
    wanted: dict[str, Any] = {
        name: value for name, value in user.attributes.items() if people.attributes is None or name in people.attributes
    }
    found = as_json(wanted)
    if len(found) > MOST_ATTRIBUTES or sum(len(name) + len(value.encode()) for name, value in found) > MOST_BYTES:
        raise NoUser(
            f"has more than {MOST_ATTRIBUTES} attributes, or more than {MOST_BYTES} bytes of them: name those that programs read "
            "under people.attributes"
        )
    return found


def why(error: NoUser | Unplaced) -> str:
    return str(error)
