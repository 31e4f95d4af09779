"""What somebody writes who generated a client of the management API: a customer, up to the first call of its daemon.

Run by tests/oracles/test_generated.py beside the generated package; prints what came back."""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from managed.api.application import create_application, update_application
from managed.api.customer import create_customer, list_customers, read_customer
from managed.api.product import create_product
from managed.api.site import create_site
from managed.api.subscription import create_subscription
from managed.api.subscription_key import create_key
from managed.api.technical_account import create_technical_account
from managed.api.unit import create_unit
from managed.client import AuthenticatedClient
from managed.models import (
    Application,
    ApplicationChange,
    ApplicationMade,
    Customer,
    CustomerPage,
    KeyMade,
    Limit,
    NewApplication,
    NewApplicationType,
    NewCustomer,
    NewKey,
    NewKeySlot,
    NewProduct,
    NewProductKeyUse,
    NewSite,
    NewSubscription,
    NewTechnicalAccount,
    NewUnit,
    ProductMade,
    Refusal,
    SubscriptionMade,
    TechnicalAccountMade,
)


def first_call(base_url: str, client_id: str, secret: str, key: str) -> list[str]:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    asked = urllib.request.Request(f"{base_url}/oauth2/token", urllib.parse.urlencode(form).encode())
    with urllib.request.urlopen(asked) as reply:
        token = json.load(reply)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Ocp-Apim-Subscription-Key": key}
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(f"{base_url}/api/v1/units", headers=headers)) as reply:
                return [one["unitId"] for one in json.load(reply)["items"]]
        except urllib.error.HTTPError as error:
            # Every process knows a new product within two seconds.
            if error.code != 401 or time.monotonic() > deadline:
                raise


def subscribed(client: AuthenticatedClient) -> str:
    """The key of a subscription to a new product, after it was made anew."""
    new = NewProduct(
        "gen", "Generated", "Made by a client.", ["customer-api"], rate=Limit(600, 60), key_use=NewProductKeyUse.OPTIONAL
    )  # fmt: skip
    product = create_product.sync(client=client, body=new)
    assert isinstance(product, ProductMade), product
    made = create_subscription.sync(
        client=client, body=NewSubscription("c-gen", "gen", "Generated"), idempotency_key="three"
    )
    assert isinstance(made, SubscriptionMade), made
    assert made.keys is not None
    again = NewKey(NewKeySlot.PRIMARY, overlap_seconds=0)
    renewed = create_key.sync(made.subscription.id, client=client, body=again, idempotency_key="four")
    assert isinstance(renewed, KeyMade), renewed
    assert renewed.key not in {None, made.keys.primary}
    return str(renewed.key)


def main(base_url: str, token: str) -> dict[str, object]:
    client = AuthenticatedClient(base_url, token, raise_on_unexpected_status=True)
    made = create_customer.sync(client=client, body=NewCustomer("c-gen", "Generated"), idempotency_key="one")
    again = create_customer.sync(client=client, body=NewCustomer("c-gen", "Generated"), idempotency_key="one")
    assert isinstance(made, Customer), made
    assert made == again
    create_site.sync(client=client, body=NewSite("s-gen", "Generated House", city="Hamburg"))
    create_unit.sync(client=client, body=NewUnit("DE-gen", "s-gen", "c-gen", capacity_kg=630))
    account = create_technical_account.sync(client=client, body=NewTechnicalAccount("svc-gen", "c-gen"))
    assert isinstance(account, TechnicalAccountMade), account
    wanted = NewApplication(
        "Generated daemon", NewApplicationType.DAEMON, customer_id="c-gen", service_account_id=account.account.id,
        scopes=["units.read"],
    )  # fmt: skip
    daemon = create_application.sync(client=client, body=wanted, idempotency_key="two")
    assert isinstance(daemon, ApplicationMade), daemon
    renamed = update_application.sync(
        daemon.application.id, client=client, body=ApplicationChange(name="Renamed"), if_match="*"
    )
    assert isinstance(renamed, Application), renamed
    key = subscribed(client)
    found = list_customers.sync(client=client, name="gener", limit=10)
    assert isinstance(found, CustomerPage), found
    missing = read_customer.sync("nothing", client=client)
    taken = create_customer.sync(client=client, body=NewCustomer("c-gen", "Generated"))
    assert isinstance(missing, Refusal), missing
    assert isinstance(taken, Refusal), taken
    return {
        "units": first_call(base_url, daemon.application.id, str(daemon.client_secret), key),
        "found": [one.id for one in found.items],
        "name": renamed.name,
        "refused": [missing.status, taken.status, taken.errors[0].member],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
