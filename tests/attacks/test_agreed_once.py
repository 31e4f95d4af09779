"""Row 52: what an employee allowed once is one code, and not one each time its address is opened."""

from tests.attacks.asking import CHALLENGE
from tests.flows.browser import Person, answer_of, hidden
from tests.portal.house import House


def test_one_consent_of_an_employee_is_one_code(house: House) -> None:
    emil = Person(house.served)
    page = emil.sign_in(emil.authorize("partner", scope="openid units.read", customer="c-b", **CHALLENGE), "emil")
    form = {"ticket": hidden(page.text, "ticket"), "csrf": hidden(page.text, "csrf"), "decision": "allow"}
    onward = emil.http.post("/interaction", data=form).headers["location"]
    assert "code" in answer_of(emil.http.get(onward).headers["location"])
    house.clock.turn(1500)
    again = emil.http.get(onward)
    assert "code" not in answer_of(again.headers.get("location", "")), "a second code without a page"
