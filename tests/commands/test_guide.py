"""The guide is true: its examples of files load, its commands run and do not end as wrong usage."""

from __future__ import annotations

import re
import shlex
import subprocess
from functools import reduce
from pathlib import Path

import pytest

from console.policy import load_rulebook
from console.settings import combine
from tests.commands.running import Place

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("configuration", "demo", "ledger", "release")),
]
UNENDING = {"watch", "simulate"}
SCREENS = {"demo", "open", ""}
"""Verbs that draw, which is refused without a terminal."""


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def commands(page: Path) -> list[list[str]]:
    """The words after ``coalmine`` of each command in the page's shell blocks."""
    dated = [block.replace("$(date +%F)", "2026-03-02") for block in blocks(page, "sh")]
    lines = [shlex.split(line, comments=True) for block in dated for line in block.splitlines()]
    return [words[1:] for words in lines if words and words[0] == "coalmine"]


def made_here(there: Place) -> dict[str, str]:
    """What the commands name and a reader has: a place elsewhere, a key, an event. Name there → here."""
    vault, key = there.folder / "vault", there.folder / "id_ed25519"
    vault.mkdir()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    signers = there.ledger.with_name("allowed_signers")
    signers.parent.mkdir(parents=True, exist_ok=True)
    signers.write_text(f"ana {key.with_suffix('.pub').read_text()}", encoding="utf-8")
    return {"/mnt/vault": str(vault), "~/.ssh/id_ed25519": str(key), "812": "1"}


def test_the_example_of_settings_loads() -> None:
    (text,) = blocks(ROOT / "docs" / "configuration.md", "toml")
    loaded = combine(text, Path("/somewhere/coalmine.toml"), {}, Path("/state"))
    assert loaded.ledger_path == Path("/somewhere/operations/ledger.db")
    assert loaded.settings.judge.error_rate.max_ratio == 2
    assert loaded.settings.judge.latency_p95.max is None


def test_the_examples_of_policy_and_people_load_and_mean_what_is_said() -> None:
    policy, people = blocks(ROOT / "docs" / "configuration.md", "yaml")
    book = load_rulebook(policy, "policy.yaml", people, "people.yaml")
    assert book.person_of("ana@example.com") == "ana"
    assert book.who_may("advance", 25) == ("ana",)
    assert book.who_may("advance", 50) == ("ana", "jo")
    assert book.who_may("complete", 100) == ("ana",)
    assert book.who_may("abort", 0) == ("ana", "jo")


def test_the_guide_has_commands() -> None:
    assert sum(len(commands(page)) for page in PAGES) > 12


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_the_guide_run(there: Place, page: Path) -> None:
    here = made_here(there)
    assert there.run("config", "init").code == 0
    for written in commands(page):
        words = [reduce(lambda word, name: word.replace(name, here[name]), here, word) for word in written]
        verb = words[0] if words else ""
        if verb in SCREENS:
            done = there.run(*words)
            assert (done.code, "needs a terminal" in done.err) == (2, True), done
        elif verb in UNENDING:
            with there.running(*words) as child:
                child.terminate()
                there.ended(child)
        elif words == ["config", "init"]:
            assert there.run(*words).code == 5  # there is one already
        else:
            done = there.run(*words)
            assert done.code in ((0, 3, 5) if "--arm" not in words else (0,)), (words, done)
