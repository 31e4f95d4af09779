"""What operators do to a customer's things at the console is in the customer's part of the audit trail. What administrators do, and
what waits for a second operator, is looked at in tests/attacks/test_overtaken.py; commands in tests/cli/test_whose.py."""

import pytest

from tests.attacks.changes import CONSOLE
from tests.attacks.overtaken import everything, restore, room, run
from tests.attacks.test_overtaken import begun, furnished, sent
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.whose import missed


@pytest.mark.parametrize("engine", ENGINES)
def test_each_form_of_the_console_says_whose_thing_it_changed(engine: EngineName) -> None:
    url = fresh_database(engine, furnished)

    async def work() -> None:
        async with room(url) as here:
            start, wrong, entries = await everything(here.other), dict[str, object](), 0
            for case in CONSOLE:
                await begun(here, case)
                reply = await sent(here, case)
                after = await everything(here.other)
                entries += len(after["audit"]) - len(start["audit"])
                if reply.status_code not in {200, 201, 303} or (found := missed(start, after)):
                    wrong[case.name] = (reply.status_code, found)
                await here.write(lambda tx: restore(tx, start))
                here.http.cookies.clear()
            assert wrong == {}
            assert entries > len(CONSOLE) / 2

    try:
        run(work)
    finally:
        drop_database(url)
