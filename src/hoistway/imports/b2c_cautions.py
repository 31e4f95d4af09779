"""What the files of an Azure AD B2C tenant show, before anything is written, that can't be mended by a later import."""

from collections.abc import Sequence

from hoistway.imports.b2c_applications import ImportedApi, ImportedApplication
from hoistway.imports.carrying import Item
from hoistway.imports.seen import short_of
from hoistway.store.apis import Api

SHOWN = 5


def cautions_of(applications: Sequence[Item], customer_api: Api | None, *, has_technical: bool) -> list[str]:
    """A sentence each. `has_technical` is whether one of the people is a technical account by the mapping."""
    uris = [item.value.app.identifier_uris for item in applications if isinstance(item.value, ImportedApi)]
    by_password = [
        item.value.app
        for item in applications
        if isinstance(item.value, ImportedApplication) and item.value.app.by_password
    ]
    found = []
    if uris and customer_api is not None and not any(customer_api.uri in one for one in uris):
        shown = ", ".join(short_of(one[0]) for one in uris[:SHOWN])
        found.append(
            f"none of the APIs ({shown}{', …' if len(uris) > SHOWN else ''}) is the Customer API here, which has the URI {customer_api.uri}: "
            "tokens for them don't open it. Where programs read their lifts with one of these, begin with an empty database and "
            "`hoistway setup --api-uri` with that URI, because an API keeps its own"
        )
    if by_password and not has_technical:
        found.append(
            f"programs of the password grant come in ({short_of(by_password[0].name)}), and no account is a technical one, which alone may "
            "use it here: say under people.technical which accounts programs use, because a person who is here stays one"
        )
    return found
