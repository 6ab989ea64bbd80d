"""The ``coalmine`` command: verbs are loaded only when they are called."""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import sys
from typing import Any

import click

from console.commands import streams
from console.commands.shared import FAILED, explain, fail

VERBS: dict[str, tuple[str, str]] = {
    "open": ("open", "Open the console (what `coalmine` alone does)."),
    "demo": ("demo", "Open the console on the built-in simulator."),
    "status": ("status", "How it is now, in a few lines."),
    "release": ("release", "Show and move the rolling release."),
    "deployment": ("deployment", "One deployment: its state, its checks, its build's log."),
    "watch": ("watch", "Poll, judge and record without a screen."),
    "ledger": ("ledger", "Read, verify and export the ledger."),
    "config": ("config", "Settings and policy: show, where, init, adopt."),
    "doctor": ("doctor", "What works, what does not, and what to do about it."),
    "judge": ("judge", "Judge recorded series: promote, hold or rollback."),
    "flags": ("flags", "Feature flags: how they stand, who gets what, and why."),
    "rollback": ("rollback", "Ask for what needs other people, see how it stands, carry it out."),
    "approve": ("approve", "One request on one page: approve or deny it."),
    "playbook": ("playbook", "Playbooks: list, show, validate."),
    "template": ("template", "Templates of messages: list, show, validate."),
    "incident": ("incident", "Incidents: open, see, work on, who does what, and the timeline."),
    "people": ("people", "People: how they are reached, who is on call, who is asked next."),
    "schema": ("schema", "Print the JSON Schema of a file format."),
    "simulate": ("simulate", "Serve the simulated world alone."),
}
"""Verb → (module under ``console.commands``, its line in ``--help``), in the order of ``--help``."""


class Verbs(click.Group):
    """The verbs, each imported when it is called and not for ``--help``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            import difflib

            close = difflib.get_close_matches(cmd_name, VERBS, 1)
            if close and cmd_name:
                ctx.fail(f"There is no verb {cmd_name!r}. Did you mean {close[0]!r}?")
            return None
        module = importlib.import_module(f"console.commands.{VERBS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with streams.closed_said():  # --help prints in here
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with streams.closed_said():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done or promote; 1 failed or rollback; 2 wrong usage or bad input; "
    "3 hold or not yet approved; 4 no data, source unreachable or outcome unknown; 5 refused.",
)
@click.version_option(package_name="coalmine", prog_name="coalmine")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """The terminal operations console for Next.js applications on Vercel."""
    if ctx.invoked_subcommand is None:
        opening = cli.get_command(ctx, "open")
        if opening is not None:
            ctx.invoke(opening)


def main() -> None:
    """The script's entry: every expected failure is a sentence and an exit code, never a traceback."""
    gc.set_threshold(50_000, 20, 20)  # starting makes much and drops little: a tenth of it was collecting
    streams.prepare()
    code = _run()
    try:
        streams.flush()
    except streams.OutputClosed:
        streams.abandon()
        code = streams.PIPE_CLOSED
    except OSError as error:
        streams.abandon()
        code = _unwritten(error)
    sys.exit(code)


def _run() -> int:
    try:
        cli.main(prog_name="coalmine", standalone_mode=False)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except (click.exceptions.Abort, KeyboardInterrupt):
        return 130
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        return error.exit_code
    except streams.OutputClosed:
        streams.abandon()
        return streams.PIPE_CLOSED
    except OSError as error:
        if error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG):
            streams.abandon()
            return _unwritten(error)
        return fail(error)
    except Exception as error:
        return fail(error)
    return 0


def _unwritten(error: OSError) -> int:
    explain(f"The answer could not be written: {error.strerror}. Free some space, or send it elsewhere.")
    return FAILED


if __name__ == "__main__":
    main()
