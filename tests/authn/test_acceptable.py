"""What may be a password: length, guesses, the operator's list; and what is said where it may not."""

import asyncio
import hashlib
import math
import subprocess
import sys
from pathlib import Path

import pytest

from hoistway.authn import acceptable, guessable
from hoistway.authn.acceptable import ALONE, BESIDE, MOST_WAITING, OF_ACCOUNT, Acceptable, Unacceptable
from hoistway.authn.guessable import MOST_KNOWN, SAYS, NoEstimate, known_words, why_guessable
from hoistway.authn.passwords import LONGEST
from hoistway.authn.zxcvbn_process import WAYS, bounded
from hoistway.protocol.errors import TemporarilyUnavailable
from hoistway.web.password_words import DE, EN, said_of

GOOD = "mauve lantern tuba quarry"
ANN = ("Ann-Kathrin Özdemir", "ann@lift-company.example", "Hebewerk")


async def reasons(password: str, *, least: int = ALONE, breached: Path | None = None) -> tuple[str, ...]:
    judge = Acceptable(breached)
    try:
        await judge.check(password, ANN, least=least)
    except Unacceptable as error:
        return error.reasons
    finally:
        judge.close()
    return ()


async def test_length_alone_and_beside_a_second_factor() -> None:
    """SP 800-63B-4, section 3.1.1.2. A character that takes several bytes is one."""
    assert (ALONE, BESIDE) == (15, 8)
    assert await reasons("zq8#Lw!t7Vp-x2") == ("too_short_15",)
    assert await reasons("ж" * 14) == ("too_short_15",)
    assert await reasons("zq8#Lw!t7Vp-x2e") == ()
    assert await reasons("zq8#Lw!t7Vp-x2", least=BESIDE) == ()
    assert await reasons("zq8#Lw!", least=BESIDE) == ("too_short_8",)
    assert await reasons("a" * (LONGEST + 1)) == ("too_long",)
    assert await reasons("") == ("too_short_15",)


@pytest.mark.parametrize(
    "password", [GOOD, "nur kleine buchstaben hier", "1839502746193875021", GOOD.upper(), "ω" + GOOD]
)
async def test_no_kind_of_character_is_asked_for(password: str) -> None:
    assert await reasons(password) == ()


@pytest.mark.parametrize(
    ("password", "helps"),
    [
        ("a" * 20, {"repeats", "no_repeats"}),
        ("Passw0rd!Passw0rd!", {"repeated"}),
        ("qwertyuiopasdfgh", {"more_words"}),
        ("abcdefghijklmnopqrstuvwxyz", {"sequences"}),
        ("Ann-Kathrin Özdemir", {"known"}),
        ("özdemirözdemirözdemir", {"known"}),
        ("ann@lift-company.example", {"known"}),
        ("hebewerk-hebewerk", {"known"}),
        ("Lift-Company ann", {"known"}),
        ("Ann Özdemir, Lift-Company!", {"known"}),
        ("hebewerk1234hebewerk", {"known"}),
        # The better of its ends counts, and neither is good.
        ("a" * 500 + "b" * 500, {"repeats"}),
    ],
)
async def test_what_is_guessed_is_refused_with_what_helps(password: str, helps: set[str]) -> None:
    found = await reasons(password)
    assert helps <= set(found)
    assert all(one in EN and one in DE for one in found)


async def test_long_passwords_are_judged_by_their_better_end() -> None:
    assert await reasons("a" * 100 + GOOD) == ()
    assert await reasons(GOOD + "a" * 900) == ()


async def test_a_known_word_adds_nothing_and_harms_nothing() -> None:
    assert await reasons(f"{GOOD} ann") == ()
    assert await reasons("özdemir's " + GOOD) == ()


def test_names_and_addresses_become_words() -> None:
    assert known_words(("Ann-Kathrin Özdemir", None, "", "ann@lift.example", "Li")) == [
        "ann-kathrin özdemir", "ann", "kathrin", "özdemir", "ann@lift.example", "lift", "example",
    ]  # fmt: skip
    assert len(known_words([f"word{number}" for number in range(1000)])) == MOST_KNOWN
    assert max(map(len, known_words(["x" * 10_000]))) == 100


def test_no_password_costs_an_estimate_its_whole_time() -> None:
    """One of all signs that stand for letters would be looked at in 576 ways, until the process is ended."""
    signs = "4@8({[<369&#!1|0$5+7%2/"
    assert why_guessable((signs * 50)[:LONGEST], []) == []
    assert set(why_guessable("p@$$w0rd", [])) & {"substitutions", "like_common", "common"}
    table = {letter: list(signs) for letter in "abcdefghij"}
    assert math.prod(map(len, bounded(table).values())) <= WAYS
    assert bounded({"a": ["@"], "s": ["$", "5"]}) == {"a": ["@"], "s": ["$", "5"]}


def test_everything_that_zxcvbn_says_has_sentences_in_both_languages() -> None:
    source = Path(
        subprocess.check_output(
            [sys.executable, "-c", "import zxcvbn.feedback as f; print(f.__file__)"], text=True
        ).strip()
    )
    text = (
        source.read_text()
        .replace("\" \\\n                        '", "")
        .replace("' \\\n                        '", "")
    )
    text = text.replace('"\n                             "', "")
    missing = [sentence for sentence in SAYS if sentence not in text]
    assert missing == []
    assert text.count("_(") == len(SAYS)
    assert EN.keys() == DE.keys()
    assert set(EN) == {*SAYS.values(), "known", "breached", "too_long", "too_short_15", "too_short_8"}
    assert said_of(("too_short_8", "known"), "de") == f"{DE['too_short_8']} {DE['known']}"


def listed(folder: Path, *passwords: str) -> Path:
    file = folder / "list.txt"
    digests = sorted(hashlib.sha1(one.encode()).hexdigest().upper() for one in passwords)
    file.write_text("".join(f"{one}:7\r\n" for one in digests))
    return file


async def test_a_breached_password_is_refused(tmp_path: Path) -> None:
    file = listed(tmp_path, GOOD, "another one")
    assert await reasons(GOOD, breached=file) == ("breached",)
    assert await reasons(GOOD + "!", breached=file) == ()


@pytest.mark.parametrize("damage", ["gone", "empty", "ntlm"])
async def test_a_list_that_cant_be_read_lets_no_password_pass(tmp_path: Path, damage: str) -> None:
    file = listed(tmp_path, "one")
    if damage == "gone":
        file.unlink()
    else:
        file.write_text("" if damage == "empty" else "0" * 32 + ":1\n")
    with pytest.raises(TemporarilyUnavailable) as refused:
        await reasons(GOOD, breached=file)
    assert "can't be checked" in refused.value.public
    assert str(file) not in refused.value.public


async def test_an_estimate_that_fails_lets_no_password_pass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import sys\nsys.exit(sys.stdin.read())\n")
    monkeypatch.setattr(guessable, "_PROGRAM", broken)
    with pytest.raises(TemporarilyUnavailable) as refused:
        await reasons(GOOD)
    assert GOOD not in str(refused.value.log)
    broken.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(guessable, "WITHIN", 0.2)
    with pytest.raises(NoEstimate, match="within"):
        why_guessable(GOOD, [])


async def test_few_passwords_wait_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, let_go = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(_password: str, _known: object) -> list[str]:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(let_go.wait(), loop).result()
        return []

    monkeypatch.setattr(acceptable, "why_guessable", slow)
    judge = Acceptable()

    def ask(account: str) -> asyncio.Task[None]:
        return asyncio.create_task(judge.check(GOOD, (), account=account))

    tasks = [ask("first"), *(ask("greedy") for _ in range(OF_ACCOUNT))]
    await begun.wait()
    with pytest.raises(TemporarilyUnavailable):
        await judge.check(GOOD, (), account="greedy")
    tasks += [ask(f"account {number}") for number in range(MOST_WAITING - OF_ACCOUNT)]
    await asyncio.sleep(0)
    # Nothing is free, so whoever came last of those with the most attempts gives up the place.
    tasks.append(ask("late"))
    await asyncio.sleep(0)
    let_go.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [place for place, outcome in enumerate(outcomes) if outcome is not None] == [OF_ACCOUNT]
    assert isinstance(outcomes[OF_ACCOUNT], TemporarilyUnavailable)
    await judge.check(GOOD, ())
    judge.close()


def test_the_process_gets_no_secret_of_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOISTWAY_MASTER_KEY", "a secret")
    spy = tmp_path / "spy.py"
    spy.write_text(
        "import json, os, sys\nsys.stdin.read()\n"
        "seen = [*os.environ.values(), *sys.argv]\n"
        "print(json.dumps([{'score': 0, 'says': [], 'is_known': any('secret' in one or 'mauve' in one for one in seen)}] * 2))\n"
    )
    monkeypatch.setattr(guessable, "_PROGRAM", spy)
    assert why_guessable(GOOD, []) == ["more_words"]


def test_a_server_does_not_load_zxcvbn() -> None:
    program = "import sys, hoistway.server.app, hoistway.server.command; print('zxcvbn' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "False"
