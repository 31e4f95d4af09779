"""Markdown becomes markup that nobody else's words can change."""

from markupsafe import escape

from hoistway.portal.docs.markdown import read_markdown, slug
from hoistway.portal.docs.values import Value, fill, fill_text
from hoistway.web.highlight import highlight

EVIL = "\"'><script>alert(1)</script>"


def test_html_in_a_guide_stays_text() -> None:
    html = read_markdown(f"{EVIL}\n\n[a](javascript:alert(1))\n\n```sh\n{EVIL}\n```\n", "T", "en").html
    assert "<script" not in html
    assert 'href="javascript' not in html


def test_anchors() -> None:
    text = "## Über uns\n\n## Named {#about}\n\n### `invalid_grant`\n\n## `a` and b\n"
    found = [section.anchor for section in read_markdown(text, "T", "de").sections]
    assert found == ["", "uber-uns", "about", "invalid_grant", "a-and-b"]
    assert slug("Größe & Maß") == "grosse-mass"


def test_a_table_has_no_empty_head() -> None:
    html = read_markdown("| | |\n|---|---|\n| a | b |\n\ntext\n\n| x | |\n|---|---|\n| a | b |\n", "T", "en").html
    assert html.count("<thead>") == html.count("<th>") == 1
    assert "<th></th>" not in html


def test_words_of_a_section_end_with_its_code() -> None:
    sections = read_markdown("first\n\n```sh\ncode\n```\n\nlast\n\n## Two\n\nb\n", "T", "en").sections
    assert [(one.title, " ".join(one.text.split())) for one in sections] == [("T", "first last code"), ("Two", "b")]


def test_values_are_escaped_and_marked() -> None:
    values = {"a": Value(EVIL, "own"), "b": Value("x", "server")}
    assert fill("{{a}} {{b}}", values) == f'<mark class="own">{escape(EVIL)}</mark> <mark class="server">x</mark>'
    assert fill_text("{{b}}", values) == "x"


def test_highlighting_changes_no_character() -> None:
    for language in ("curl", "python", "json", "text", "nothing"):
        shown = highlight(f'# c\nx = "{{{{a}}}}" // 1 {EVIL}', language)
        assert "<script" not in shown
        assert "{{a}}" in shown
    assert highlight('"a" # b', "python") == '<span class="s">&#34;a&#34;</span> <span class="c"># b</span>'
