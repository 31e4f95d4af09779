"""What somebody writes who generated a client with openapi-python-client: lists, pages, reads, changes, and meets refusals.

Run by tests/oracles/test_generated.py beside the generated package; prints what came back."""

import json
import sys

from generated.api.limits import read_limits
from generated.api.me import read_me
from generated.api.site import list_sites
from generated.api.unit import list_units, read_unit
from generated.api.user import read_user, update_user
from generated.client import AuthenticatedClient
from generated.models import Profile, Refusal, Unit, UnitPage, User


def main(base_url: str, token: str, user_id: str) -> dict[str, object]:
    client = AuthenticatedClient(base_url, token, raise_on_unexpected_status=True)
    units: list[Unit] = []
    page = list_units.sync(client=client, limit=4)
    assert isinstance(page, UnitPage), page
    while True:
        units += page.items
        if page.next_cursor is None:
            break
        page = list_units.sync(client=client, limit=4, cursor=page.next_cursor)
        assert isinstance(page, UnitPage), page
    read = [read_unit.sync(unit.unit_id, client=client) for unit in units]
    assert read == units
    sites = list_sites.sync(client=client)
    me = read_me.sync(client=client)
    limits = read_limits.sync(client=client)
    user = read_user.sync(user_id, client=client)
    renamed = update_user.sync(user_id, client=client, body=Profile(name="Generated"))
    assert isinstance(user, User), user
    assert isinstance(renamed, User), renamed
    with AuthenticatedClient(base_url, token, headers={"Ocp-Apim-Subscription-Key": "x" * 32}) as keyed:
        refused = list_units.sync(client=keyed)
    stranger = read_me.sync(client=AuthenticatedClient(base_url, "nonsense"))
    assert isinstance(refused, Refusal), refused
    assert isinstance(stranger, Refusal), stranger
    return {
        "units": [unit.unit_id for unit in units],
        "floors": [floor.id for unit in units for floor in unit.floors],
        "sites": len(sites.items),
        "unit_count": me.unit_count,
        "product": limits.product,
        "names": [user.name, renamed.name],
        "refused": [refused.status_code, stranger.status, bool(stranger.detail)],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
