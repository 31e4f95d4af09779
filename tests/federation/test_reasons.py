"""Why a provider can't be used is said in the language of the page, whatever the reason."""

import ast
import re
from pathlib import Path

import pytest

import hoistway
from hoistway.federation.checking import Finding
from hoistway.federation.connecting import Given, Wrong, check_given
from hoistway.outbound.failed import Failed, Reason
from hoistway.protocol.because import Because
from hoistway.protocol.provider_metadata import BadMetadata
from hoistway.web.because_words import in_words
from hoistway.web.portal_words import PORTAL_WORDS

ROOT = Path(hoistway.__file__).parent
RAISED = {"Failed": 2, "BadMetadata": 1, "NoAnswer": 1}
"""By name: in which place the key stands."""


def _calls() -> list[ast.Call]:
    return [
        node
        for room in ("outbound", "federation", "protocol")
        for path in sorted((ROOT / room).glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED
    ]


def test_every_reason_has_words_for_its_facts() -> None:
    seen = {"silent", "no_address"}
    for call in _calls():
        if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
            continue  # the same reason once more
        place = RAISED[ast.unparse(call.func)]
        key = ast.literal_eval(call.args[place] if len(call.args) > place else call.args[0])
        facts = {one.arg for one in call.keywords}
        for words in PORTAL_WORDS.values():
            assert set(re.findall(r"{(\w+)}", words[f"failed_{key}"])) == facts, ast.unparse(call)
        seen.add(key)
    assert {key.removeprefix("failed_") for key in PORTAL_WORDS["en"] if key.startswith("failed_")} == seen


def test_pages_say_it_in_their_language() -> None:
    inner = Failed("url", "the address must begin with https://", "url_https")
    error = BadMetadata("its jwks_uri can't be used: …", "unusable", name="jwks_uri", because=inner)
    finding = Finding("away", {"issuer": "https://login.acme.example", "because": error})
    assert finding.say("de") == (
        "https://login.acme.example: jwks_uri aus seiner Beschreibung ist nicht brauchbar: die Adresse muss mit https:// beginnen"
    )
    assert finding.say("en").endswith("its jwks_uri can’t be used: the address must begin with https://")
    with pytest.raises(Wrong) as wrong:
        check_given(Given("Acme", "http://login.acme.example", "us"), loopback=False)
    assert wrong.value.say("de") == "Die Adresse ist nicht brauchbar: die Adresse muss mit https:// beginnen."


def test_what_is_no_reason_stays_as_it_is() -> None:
    assert in_words(7, "de") == 7
    assert isinstance(Failed("busy", "wait"), Because)
    reason: Reason = "busy"
    assert Failed(reason, "wait").key == reason
