"""What a session opens, asked as its browser would."""

import re

import httpx2

from hoistway.protocol.ids import CustomerId
from tests.federation.connected import asked
from tests.flows.browser import Person, answer_of
from tests.portal.signing_in import tokens_of
from tests.world import A, B

SWITCH = "/portal/customer"


def switched(person: Person, customer: str) -> httpx2.Response:
    """What answers the portal's menu, without being followed."""
    token = tokens_of(person.http.get("/portal").text, "/portal")[SWITCH]
    return person.http.post(SWITCH, data={"csrf": token, "customer": customer})


def shown(person: Person) -> str:
    """The customer for whom the portal shows itself."""
    found = re.search(r'value="([^"]+)" aria-current="true"><bdi>', person.http.get("/portal").text)
    return found[1] if found else ""


def opens(person: Person) -> set[CustomerId]:
    """The customers that the portal shows, or for which an application gets a code, without another step."""
    found = set()
    for customer in (A, B):
        switched(person, customer)
        reply = asked(person, customer=customer, prompt="none")
        code = "code" in answer_of(reply.headers.get("location", ""))
        assert code == (shown(person) == customer), customer
        if code:
            found.add(customer)
    return found
