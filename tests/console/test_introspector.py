"""The application that may ask what an API's tokens are worth is named on the page of the API."""

import httpx2

from tests.flows.browser import Person
from tests.portal.house import House
from tests.world import SECRET

HERE = "/console/apis/customer-api"
FORM = {"do": "change", "name": "Customer API", "token_lifetime": "3600", "signing_alg": "ES256"}


def is_active(house: House, token: str) -> bool:
    form = {"token": token, "client_id": "web", "client_secret": SECRET}
    house.clock.turn(5)
    active: bool = httpx2.post(f"{house.served.url}/oauth2/introspect", data=form).json()["active"]
    return active


def test_an_api_gets_and_loses_its_introspector(house: House) -> None:
    token = Person(house.served).tokens("spa", "ann", "openid units.read")["access_token"]
    assert not is_active(house, token)
    olga = house.opened("olga")
    olga.get(HERE)
    assert olga.post(HERE, **FORM, client_id=" web ").status_code == 303
    olga.get(HERE)
    assert 'value="web"' in olga.page
    assert is_active(house, token)
    detail = house.entries("api.changed")[0][2]
    assert (detail["before"], detail["after"]) == ({"client_id": ""}, {"client_id": "web"})
    assert olga.post(HERE, **FORM, client_id="", fields="client_id").status_code == 303
    assert not is_active(house, token)


def test_an_introspector_has_a_secret(house: House) -> None:
    olga = house.opened("olga")
    for client_id in ("spa", "nobody", "x" * 500):
        olga.get(HERE)
        reply = olga.post(HERE, **FORM, client_id=client_id)
        assert reply.status_code == 422
        assert "No application with a secret has this client id" in reply.text
    assert house.entries("api.changed") == []
