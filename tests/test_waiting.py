"""No browser test reads a page in the instant after it acted on it: tests/waiting.py finds those that do."""

from pathlib import Path

import pytest

from tests.modules import read_modules
from tests.waiting import Tests

BROWSER = Path(__file__).parent / "browser"
OPENING = '''"""Tests."""
from tests.browser.judging import judge

FROM_CLIPBOARD = "() => navigator.clipboard.readText()"
UNTIL_IT_IS_THERE = "() => new Promise((done) => setTimeout(done, 10))"


def press(page: Page) -> None:
    page.get_by_role("button").click()


def words(page: Page) -> str:
    return page.locator("p").inner_text()


def checked(page: Page) -> str:
    expect(page.locator("p")).to_have_text("new")
    return page.locator("p").inner_text()


def test_it(page: Page, served: Served) -> None:
'''
JUDGING = '"""Judges."""\n\n\ndef judge(page: Page) -> None:\n    page.evaluate("axe.run()")\n'
CLICK = 'page.get_by_role("button").click()'
WAIT = 'expect(page.locator("p")).to_have_text("new")'

EARLY = (
    (CLICK, "assert JWT.search(page.content())"),
    (CLICK, "assert not JWT.search(page.content())", WAIT),
    (CLICK, 'assert "new" in page.locator("p").inner_text()'),
    (CLICK, "assert page.url == served.url", WAIT),
    (CLICK, 'assert page.locator("p").count() == 1', WAIT),
    (CLICK, "text = page.evaluate(FROM_CLIPBOARD)"),
    (CLICK, "judge(page)"),
    (CLICK, "page.wait_for_load_state()", "assert page.title()"),
    (CLICK, "page.wait_for_timeout(1000)", WAIT),
    (CLICK, "page.context.close()"),
    (CLICK,),
    ("press(page)", "assert page.title()"),
    (CLICK, "assert words(page)"),
    ('page.keyboard.press("Enter")', "assert words(page)"),
    ('page.locator("input").fill("a")', 'page.locator("input").press("Enter")', "assert words(page)"),
    ('page.get_by_label("all").check()', 'assert page.get_by_label("one").is_checked()'),
    ("page.goto(served.url)", 'assert page.locator("p").inner_text()'),
    ("for name in names:", "    assert page.title()", f"    {CLICK}", WAIT),
    ("if served:", f"    {CLICK}", "else:", f"    {WAIT}", "assert page.title()"),
    (
        "with page.expect_popup() as opened:",
        f"    {CLICK}",
        "opened.value.locator('a').click()",
        "x = opened.value.url",
    ),
    (CLICK, "x = {one.inner_text() for one in page.locator('p').all()}", WAIT),
)
IN_TIME = (
    (CLICK, WAIT, "assert JWT.search(page.content())", "judge(page)", "page.context.close()"),
    (CLICK, 'page.wait_for_url("**/portal")', "assert page.url"),
    (CLICK, 'page.locator("p").wait_for()', 'assert page.locator("p").count()'),
    ("with page.expect_navigation():", f"    {CLICK}", "assert page.title()"),
    (CLICK, "assert checked(page)"),
    (CLICK, "page.evaluate(UNTIL_IT_IS_THERE)", "assert words(page)"),
    ("page.goto(served.url)", "judge(page)", "assert page.url"),
    (CLICK, "assert served.url", "assert text.count('a')", WAIT),
    ("page.on('request', lambda request: asked.append(page.url))", CLICK, WAIT),
    ("for name in names:", f"    {CLICK}", f"    {WAIT}", "    assert page.title()"),
)


def test_every_browser_test_waits() -> None:
    findings = list(Tests(read_modules(BROWSER)).find_early_reads())
    assert not findings, "\n" + "\n".join(findings)


def found(folder: Path, lines: tuple[str, ...]) -> list[str]:
    (folder / "judging.py").write_text(JUDGING)
    (folder / "test_a.py").write_text(OPENING + "".join(f"    {line}\n" for line in lines))
    return list(Tests(read_modules(folder)).find_early_reads())


@pytest.mark.parametrize("lines", EARLY, ids=" / ".join)
def test_a_read_that_is_too_early_is_found(lines: tuple[str, ...], tmp_path: Path) -> None:
    assert found(tmp_path, lines)


@pytest.mark.parametrize("lines", IN_TIME, ids=" / ".join)
def test_what_waits_is_let_pass(lines: tuple[str, ...], tmp_path: Path) -> None:
    assert found(tmp_path, lines) == []
