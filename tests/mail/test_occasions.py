"""Each sentence of a mail says when the mail goes out: in the file that is printed, and in docs/operating.md."""

import re
import tomllib
from pathlib import Path

import pytest

from hoistway.mail.occasions import OCCASIONS, mail_of
from hoistway.mail.texts import own_texts, written
from hoistway.web.words import Lang

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "operating.md"


@pytest.mark.parametrize("lang", ["en", "de"])
def test_each_sentence_stands_below_its_occasion(lang: Lang) -> None:
    texts, above = own_texts(lang), ""
    assert {mail_of(name) for name in texts} == {None, *OCCASIONS}
    assert tomllib.loads("\n".join(written(texts))) == texts
    for line in written(texts):
        if line.startswith("# "):
            above = line[2:]
        else:
            assert above == OCCASIONS.get(mail_of(line.partition(" = ")[0]) or "", "sentences of several mails")


def test_the_document_has_the_same_table() -> None:
    table = (
        DOCUMENT.read_text(encoding="utf-8").partition("| Mail | Goes out when |\n|---|---|\n")[2].partition("\n\n")[0]
    )
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE)) == OCCASIONS
