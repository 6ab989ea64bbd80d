"""Commands of playbooks are really run: what they get, what is kept of their words, how they are stopped."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from console.runs.hand_command import Job, Ran
from data.playbook_commands import KEPT, PlaybookCommands

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

SECRET = "s3cr3t/value+of a token"


async def ran(code: str, *words: str, secrets: dict[str, str] | None = None, **env: str) -> Ran:
    job = Job([sys.executable, "-c", code, *words], "", env, secrets or {}, 20_000)
    return await PlaybookCommands({"PATH": "/bin", "HOME": "/h", "LANG": "C", "MINE": "no"}).run(job)


async def test_it_gets_next_to_nothing_of_our_environment() -> None:
    done = await ran("import os; print(sorted(os.environ))", secrets={"TOKEN": SECRET}, KEY="v")
    assert done.out.text.replace("'LC_CTYPE', ", "") == "['HOME', 'KEY', 'LANG', 'PATH', 'TOKEN']\n"


@pytest.mark.parametrize("word", ["a b", "; id", "$(id)", "`id`", "*", "'\"", "a\nb", "&& id", "{{ TOKEN }}"])
async def test_a_word_stays_one(word: str) -> None:
    done = await ran("import sys; print(sys.argv[1:])", word)
    assert done.out.text == f"{[word]}\n"


async def test_both_ends_are_kept_with_the_length_and_the_digest_of_the_whole() -> None:
    code = "import sys; sys.stdout.write('a' * 100_000 + 'b' * 100_000); sys.stderr.write('e')"
    done = await ran(code)
    whole = b"a" * 100_000 + b"b" * 100_000
    assert (done.out.length, done.out.sha256) == (200_000, hashlib.sha256(whole).hexdigest())
    assert (done.out.head, done.out.tail) == ("a" * KEPT, "b" * KEPT)
    assert (done.err.head, done.err.tail, done.err.length) == ("e", "", 1)


@pytest.mark.parametrize("before", range(KEPT - len(SECRET) - 1, KEPT + 2))
async def test_a_secret_is_taken_out_also_where_the_gap_cuts_it(before: int) -> None:
    code = "import os, sys; print('x' * int(sys.argv[1]) + os.environ['T'] + 'y' * 200_000, end='')"
    done = await ran(code, str(before), secrets={"T": SECRET})
    for length in range(6, len(SECRET)):
        assert SECRET[:length] not in done.out.head
        assert SECRET[-length:] not in done.out.tail


async def test_a_secret_is_known_in_its_other_spellings() -> None:
    code = (
        "import base64, os, urllib.parse; s = os.environ['T']; "
        "print(s, urllib.parse.quote(s, safe=''), base64.b64encode(s.encode()).decode())"
    )
    done = await ran(code, secrets={"T": SECRET})
    assert done.out.text == "*** *** ***\n"


async def test_what_is_no_text_is_kept_as_something_that_is() -> None:
    done = await ran(r"import sys; sys.stdout.buffer.write(b'\xff\x00\x1b[31m')")
    assert done.out.text.encode()
    assert done.out.length == 7


async def test_one_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    runner = PlaybookCommands({"PATH": "/bin"})
    none = await runner.run(Job(["no-such-program"], "", {}, {}, 1_000))
    assert (none.how, "no-such-program" in none.why) == ("not_started", True)
    nowhere = await runner.run(Job(["true"], str(tmp_path / "no"), {}, {}, 1_000))
    assert "there is no directory" in nowhere.why


async def test_one_that_does_not_want_to_end_is_killed() -> None:
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    code = f"import signal, time; {deaf}; print('x', flush=True); time.sleep(90)"
    job = Job([sys.executable, "-c", code], "", {}, {}, 1_500)
    done = await PlaybookCommands().run(job)
    assert (done.how, done.code, done.out.text) == ("timed_out", -9, "x\n")
