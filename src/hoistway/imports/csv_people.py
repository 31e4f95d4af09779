"""A row of a list as an account: its names, addresses, digest and place, and what is wrong with them, with the column."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from hoistway.authn.foreign.costs import BadDigest
from hoistway.authn.foreign.reading import LONGEST, read_foreign
from hoistway.imports.accounts import Account
from hoistway.imports.csv_columns import Columns
from hoistway.imports.mapping import People, Role
from hoistway.imports.mappings import CsvMapping, ListedPeople
from hoistway.imports.naming import MOST_EMAILS, UUID, Unread, id_for, is_technical, line_of, stored
from hoistway.imports.placing import Placing
from hoistway.protocol.email_domain import is_address, own_addresses
from hoistway.protocol.text import username_key

_YES, _NO = {"yes", "true", "1", "y", "ja"}, {"no", "false", "0", "n", "nein", ""}
ROLES: Final = ("administrator", "member")


def people_of(said: ListedPeople) -> People:
    """As placing reads them: the three come under our names. Without a word about roles, the column role has ours."""
    silent = not (said.role.attribute or said.role.administrator or said.role.member)
    role = Role(None, [ROLES[0]], [ROLES[1]]) if silent else said.role
    return replace(said, role=role).by("customer", "role", "sites")


def placed_by(said: ListedPeople, columns: Columns, values: Sequence[str]) -> Mapping[str, str | None]:
    """What the row says of customer, role and reach."""
    named = {"customer": said.customer.attribute, "role": said.role.attribute, "sites": said.reach.attribute}
    found: dict[str, str | None] = {}
    for slot, attribute in named.items():
        place = columns.known.get(slot) if attribute is None else columns.named.get(attribute.lower())
        found[slot] = (values[place].strip() or None) if place is not None else None
    return found


class Reading:
    """Of one file's rows."""

    def __init__(self, said: CsvMapping, columns: Columns, placing: Placing) -> None:
        self._said, self._columns, self._placing = said, columns, placing

    def _cell(self, values: Sequence[str], name: str) -> str:
        place = self._columns.known.get(name)
        return "" if place is None else values[place].strip()

    def _checked(self, name: str, check: Callable[[], Any]) -> Any:
        """With the column, where it is wrong. Raises Unread."""
        try:
            return check()
        except Unread as error:
            raise Unread(f"{self._columns.where(name)}: {error}") from None

    def username(self, values: Sequence[str]) -> str:
        """Raises Unread."""
        text: str = self._checked("username", lambda: line_of(self._cell(values, "username"), "the user name"))
        return text

    def account(self, values: Sequence[str]) -> Account:
        """Raises Unread, Unplaced."""
        username = self.username(values)
        key = username_key(username)
        attribute = self._said.people.technical.attribute
        place = None if attribute is None else self._columns.named.get(attribute.lower())
        marks = () if place is None else (values[place].strip(),)
        kind = "service_account" if is_technical(self._said.people.technical, marks, (key,)) else "user"
        said = self._cell(values, "id").lower()
        if said and not UUID.fullmatch(said):
            raise Unread(f"{self._columns.where('id')}: is no UUID: correct it, or leave it empty, and one is made")
        name = self._cell(values, "name")
        emails = self._emails(values, username)
        return Account(
            kind, said or id_for(kind, username), {key: username},
            self._checked("name", lambda: line_of(name, "the name")) if name else username,
            self._placing.place(placed_by(self._said.people, self._columns, values)), emails if kind == "user" else (),
            self._locale(values), not self._is_disabled(values), digest=self._digest(values), is_made=not said,
        )  # fmt: skip

    def _emails(self, values: Sequence[str], username: str) -> tuple[str, ...]:
        """With semicolons between; the user name where it is an address and no other is named."""
        found = tuple(dict.fromkeys(one.strip() for one in self._cell(values, "emails").split(";") if one.strip()))
        if len(found) > MOST_EMAILS:
            raise Unread(
                f"{self._columns.where('emails')}: has {len(found)} addresses: leave {MOST_EMAILS} at the most"
            )
        for one in found:
            if not is_address(self._checked("emails", partial(line_of, one, "the address"))):
                raise Unread(
                    f"{self._columns.where('emails')}: is no address such as anna@example.com: correct it, or leave it empty"
                )
        return found or own_addresses(username)

    def _locale(self, values: Sequence[str]) -> str | None:
        short = self._cell(values, "locale").lower()[:2]
        if short not in {"", "en", "de"}:
            raise Unread(f"{self._columns.where('locale')}: must be en or de; leave it empty, and the browser decides")
        return short or None

    def _is_disabled(self, values: Sequence[str]) -> bool:
        word = self._cell(values, "disabled").lower()
        if word not in _YES | _NO:
            raise Unread(f"{self._columns.where('disabled')}: must be yes or no")
        return word in _YES

    def _digest(self, values: Sequence[str]) -> str | None:
        text = self._cell(values, "password_digest")
        if not text:
            return None
        try:
            if len(text) > LONGEST:
                raise BadDigest(
                    f"has more than {LONGEST} characters: leave it empty, and the person resets the password"
                )
            return stored(read_foreign(text))
        except BadDigest as error:
            raise Unread(f"{self._columns.where('password_digest')}: {error}") from None
