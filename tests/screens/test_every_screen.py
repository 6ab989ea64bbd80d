"""What holds of all screens: nothing that is empty stands there without a sentence, at any size."""

from __future__ import annotations

import re

import pytest
from textual.screen import Screen

import screens
from screens.keytable import members
from tests.screens.cockpit import PreparedCockpit
from tests.screens.every import BARE, EVERY
from tests.screens.running import Running, running

SENTENCE = re.compile(r"[A-Z…?!–·✓⧗][^\n]*?(?:\w[\w'-]*\s+){3,}[\w'-]+[^\n]*")
FRAME = 3
"""Rows of a room above its task: status, tabs, rule."""


def sentences(text: str) -> list[str]:
    """What reads as a sentence in the part of a screen that belongs to the task."""
    body = "\n".join(row.strip(" │╭╮╰╯─▁▂▃▄▅▆▇█▔▎▊") for row in text.splitlines()[FRAME:-2])
    return SENTENCE.findall(body)


def test_the_measure_itself() -> None:
    empty = "status\ntabs\n───\n state  source  age\n\n\n───\n keys"
    assert sentences(empty) == []
    assert sentences(empty.replace("\n\n\n", "\n No event has been recorded so far.\n\n"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bare", "size"), [*((bare, (80, 24)) for bare in BARE), ("nothing known", (200, 50))], ids=str
)
async def test_no_empty_table_without_a_sentence(bare: str, size: tuple[int, int]) -> None:
    world = BARE[bare]()
    async with running(world, size=size, cockpit=PreparedCockpit(world)) as session:
        for name, shown in EVERY.items():
            if name == "raw":
                continue  # data for those who want them, and no table
            await come_home(session)
            await session.press(*shown.keys)
            await session.pilot.pause()
            text = session.text
            assert sentences(text), f"{name} says nothing:\n{text}"


async def come_home(session: Running) -> None:
    """Back on the first screen, with nothing over it."""
    while len(session.app.screen_stack) > 1:
        session.app.pop_screen()
        await session.pilot.pause()
    await session.app.switch_mode("release")
    await session.pilot.pause()


def test_every_screen_of_the_program_is_in_the_table() -> None:
    """By class: a new screen or dialog has to be looked at, too."""
    known = {
        "ReleaseScreen", "MetricsScreen", "LedgerScreen", "SourcesScreen", "DeploymentScreen", "ReviewDialog",
        "ArmDialog", "FlagsScreen", "FlagDialog", "WhoDialog", "StopDialog", "ChangeDialog", "FormDialog",
        "RollbacksScreen", "RequestDialog", "OverviewScreen", "IncidentsScreen", "IncidentScreen",
        "VerbDialog", "PlaybooksScreen", "RunScreen",
        "FreezeDialog", "ChooseDialog", "WhyDialog", "RawDialog", "HelpDialog", "EventDialog",
        "MessagesDialog", "CallsDialog", "TokenDialog", "CommandDialog", "MetricDialog",
    }  # fmt: skip
    over = {
        "CallDialog",
        "EventJson",
        "ChecksDialog",
        "SourceDialog",
        "SourceRawDialog",
        "RequestRaw",
        "IncidentRaw",
        "RunRaw",
    }
    bases = {
        "Room",
        "ListRoom",
        "TwoPanes",
        "Dialog",
        "ReadingDialog",
        "SendingDialog",
        "AskingDialog",
        "ConfirmingDialog",
        "FlagChanges",
        "FollowsLedger",
        "ActsOnIncident",
    }
    found = {one.__name__ for one in members(screens) if issubclass(one, Screen)}
    assert found == known | over | bases
    twice = {"home", "evidence", "severity", "begin"}  # of the release screen, of why, and of a verb's dialog
    assert len(EVERY) == len(known) + len(twice)
