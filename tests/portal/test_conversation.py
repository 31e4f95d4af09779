"""The conversation about a request: its newest messages are seen by both sides, with a way to those before."""

import re

import pytest

from hoistway.applications.threads import MOST_MESSAGES
from hoistway.portal.applications.conversation import PAGE
from hoistway.protocol.ids import RequestId, UserId
from hoistway.store.db import Writer
from hoistway.store.messages import Message, add_message
from tests.portal.asking import asked, decide, operator, said, visitor
from tests.server import Served, change

OLD = 1_700_000_000


def talk(served: Served, request_id: str, count: int) -> None:
    """As many as a version before let anybody write; several in each second."""

    async def write(tx: Writer) -> None:
        for number in range(count):
            row = Message(
                f"{request_id}-{number:06}",
                RequestId(request_id),
                OLD + number // 7,
                UserId("u-olga"),
                "operator",
                "said",
                f"No. {number}.",
            )
            await add_message(tx, row)

    change(served.database, write)


def numbers(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'<p class="thread-text">No\. (\d+)\.</p>', page)]


@pytest.mark.parametrize("side", ["customer", "operator"])
def test_the_newest_messages_are_seen_and_those_before_are_a_link_away(served: Served, side: str) -> None:
    ann, olga = visitor(served, "ann"), operator(served)
    request_id = asked(ann, name=f"Chatter {side}")
    talk(served, request_id, 5 * PAGE + 7)
    ann.get(f"/portal/requests/{request_id}")
    assert ann.post(f"/portal/requests/{request_id}", do="answer", text="NEWEST-ANSWER").status_code == 303
    reader, path = (
        (ann, f"/portal/requests/{request_id}") if side == "customer" else (olga, f"/console/requests/{request_id}")
    )
    reader.get(path)
    assert "NEWEST-ANSWER" in reader.page
    assert "Newest messages" not in reader.page
    seen, pages = numbers(reader.page), 1
    while (earlier := re.search(r'href="([^"]+)">Earlier messages', reader.page)) is not None:
        reader.get(earlier[1])
        assert f'href="{path}">Newest messages' in reader.page
        seen, pages = numbers(reader.page) + seen, pages + 1
    assert seen == list(range(5 * PAGE + 7))
    assert pages == 6
    assert reader.get(f"{path}?before=nonsense").status_code == 400


def test_the_page_of_an_application_leads_to_the_earlier_messages_of_its_request(served: Served) -> None:
    from_adam = visitor(served, "adam")
    request_id = asked(from_adam, name="Grown")
    talk(served, request_id, PAGE)
    assert decide(operator(served), request_id, "approve").status_code == 303
    reply = from_adam.get(f"/portal/requests/{request_id}")
    here = re.search(r'href="(/portal/applications/[^"]+)"[^>]*>[^<]*</a>\n', reply.text)
    assert here is not None
    from_adam.get(here[1])
    assert re.search(rf'href="/portal/requests/{request_id}\?before=[^"]+">Earlier messages', from_adam.page)


def test_operators_write_so_many_messages_and_can_still_decide(served: Served) -> None:
    ann, olga = visitor(served, "ann"), operator(served)
    request_id = asked(ann, name="Asked again")
    talk(served, request_id, MOST_MESSAGES - 1)
    assert decide(olga, request_id, "ask", "The last one?").status_code == 303
    refused = decide(olga, request_id, "ask", "One more?")
    assert refused.status_code == 422
    assert f"There are {MOST_MESSAGES} messages of operators already" in said(refused.text)
    assert "One more?" in refused.text, "what was typed is still there"
    assert decide(olga, request_id, "reject", "Enough.").status_code == 303
