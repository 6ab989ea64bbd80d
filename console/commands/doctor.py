"""``coalmine doctor``: every source and everything that is needed: works, or why not and what to do."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
from collections.abc import Awaitable
from contextlib import closing
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

import click

from console import doctor
from console.adopted import STREAM, in_force
from console.calls import CallLog
from console.chosen import metrics_choice, metrics_off
from console.clients import alertmanager, clock_problems, host_client, metrics_source, signature_verifier
from console.commands.homes import home
from console.commands.ledger_checkpoint import beside_memory
from console.commands.shared import answer, at_terminal, explain, run, say
from console.commands.tokens_kept import kept_logins
from console.doctor import Finding
from console.metric_sources import OBSERVABILITY, PROMETHEUS, REQUEST_LOGS, TITLES
from console.policy import Rulebook
from console.ports import Account, MetricsSource, SourceError, StoreUnusable
from console.readings import Problem
from console.rollback.policy_chain import PolicyChain
from console.settings import ALIASES, PREFIX, SettingsError
from console.target import Target, load_settings, missing, target
from data.clock import SystemClock
from data.policy_files import PolicyFiles
from data.sqlite.ledger import SqliteLedger
from data.vercel.host import VercelHost
from data.vercel.login import cli_login

T = TypeVar("T")

COLUMNS, LINES = 80, 24


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option(
    "--bundle",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write what a report of a fault needs into this zip file, without any secret.",
)
def command(as_json: bool, bundle: Path | None) -> None:
    """Look at every source and all that is needed: what works, why not, what to do next.

    Nothing is changed, and no ledger is made. Exit code 0: all that is needed works; 2: the settings are
    wrong; 4: something needed is not reached; 1: the ledger is broken.
    """
    aim, findings = _settings()
    findings += _here()
    calls = CallLog()
    if aim is not None:
        findings += run(_reached(aim, calls))
    if bundle is not None:
        from console.commands.doctor_bundle import write_bundle

        try:
            write_bundle(bundle, aim, findings, calls)
        except OSError as error:
            raise click.UsageError(f"{bundle} cannot be written: {error.strerror}.") from None
        explain(f"Written: {bundle}. Look through it before you hand it on.")
    code = doctor.exit_code(findings)
    if as_json:
        answer({"exit_code": code, "findings": [asdict(one) for one in doctor.ordered(findings)]})
    else:
        for line in doctor.lines(doctor.ordered(findings)):
            say(line)
    sys.exit(code)


# --- settings ---------------------------------------------------------------------------------------


def _settings() -> tuple[Target | None, list[Finding]]:
    """What is looked at, as far as the settings say; and what is wrong with them."""
    try:
        aim = target(load_settings())
        lacking = missing(aim.settings)
    except SettingsError as error:
        return None, [_wrong(fault) for fault in error.faults]
    names = [n for n in sorted(os.environ) if (n.startswith(PREFIX) or n in ALIASES) and os.environ[n]]
    found = [Finding("settings", "settings", "works", f"{aim.loaded.file or 'no file'}; {_count(names)}")]
    found += [Finding("unused", "settings", "warn", one) for one in aim.loaded.unused]
    if aim.settings.read_only:
        says = "read_only is set: nothing can be changed from here"
        found.append(Finding("read_only", "settings", "warn", says))
    if lacking:
        found += [_wrong(fault) for fault in lacking[:-1]]
    return aim, found


def _wrong(fault: str) -> Finding:
    following = "Correct it; `coalmine` alone offers to connect an account, `coalmine demo` needs none."
    if cli_login(os.environ, home(), SystemClock().now()) is not None:
        following = "`coalmine` alone, choice 2: the Vercel CLI is signed in on this machine."
    return Finding("settings", "settings", "wrong", fault, next=following, needed=True)


def _count(names: list[str]) -> str:
    return f"from the environment: {', '.join(names)}" if names else "nothing from the environment"


# --- this machine -----------------------------------------------------------------------------------


def own_version() -> str:
    """Coalmine's own version."""
    try:
        return version("coalmine")
    except PackageNotFoundError:
        return "not installed"


def _here() -> list[Finding]:
    running = f"{platform.python_implementation()} {platform.python_version()} on {platform.system()}"
    return [Finding("python", "Python", "works", f"{running}; Coalmine {own_version()}"), _terminal()]


def _terminal() -> Finding:
    if not at_terminal():
        says = "this is none (a pipe or a file): the console cannot be drawn here, all other verbs work"
        return Finding("terminal", "terminal", "off", says, "the console", "Run it in a terminal.")
    columns, rows = shutil.get_terminal_size()
    says = f"{os.environ.get('TERM') or 'TERM is not set'}, {columns}×{rows}, {sys.stdout.encoding}"
    if columns < COLUMNS or rows < LINES:
        return Finding("terminal", "terminal", "warn", says, "the whole screen", "Enlarge it to 80×24.")
    if "utf" not in sys.stdout.encoding.lower():
        following = "Choose a UTF-8 locale (LANG=C.UTF-8)."
        return Finding("terminal", "terminal", "warn", says, "plots and glyphs", following)
    return Finding("terminal", "terminal", "works", says)


# --- what is reached --------------------------------------------------------------------------------


async def _reached(aim: Target, calls: CallLog) -> list[Finding]:
    """The host, the metrics, and what rests on the ledger. Never raises for what can be said."""
    findings: list[Finding] = []
    account: Account | None = None
    off = metrics_off(aim.settings)
    without = [doctor.no_metrics(off)] if off is not None else []
    if missing(aim.settings):
        return [*without, await _alerts(aim), *_not_asked(aim), *_ledger(aim, None)]
    host = host_client(aim, calls.add)
    try:
        said = await _asked(host.router.account())
        token = Finding("token", "token", "works", "", "everything", needed=True)
        if isinstance(said, Problem):
            findings.append(doctor.of_problem(token, said))
        else:
            account = said
            findings.append(doctor.account(said))
            findings += await _project(host.router)
        source = metrics_source(aim, host)
        if source is not None:
            findings.append(await _metrics(source, host.router))
        findings += [*without, await _alerts(aim), *_not_asked(aim)]
        findings += [
            Finding("clock", "clock", "warn", one.what, "values with the right age", one.next)
            for one in clock_problems(host.transport)
        ] or [Finding("clock", "clock", "works", "agrees with the sources asked")]
    finally:
        await host.transport.aclose()
    return findings + await asyncio.to_thread(_ledger, aim, account)


async def _asked(call: Awaitable[T]) -> T | Problem:
    try:
        return await call
    except SourceError as error:
        return error.problem


async def _project(router: VercelHost) -> list[Finding]:
    project = await _asked(router.project())
    if isinstance(project, Problem):
        own = Finding("project", "project", "works", "", "everything", needed=True)
        return [doctor.of_problem(own, project)]
    template, slots = await _asked(router.template()), await _asked(router.slots())
    if isinstance(template, Problem):
        rolling = doctor.of_problem(
            Finding("rolling", "rolling releases", "works", "", doctor.STAGES, needed=True), template
        )
    else:
        rolling = doctor.rolling(template, slots)
    listed = await _asked(router.candidates())
    known = [] if isinstance(listed, Problem) else listed
    checked = [one for one in known if one.checks_state or one.checks_alias_state]
    return [doctor.project(project), rolling, doctor.checks(bool(known), len(checked))]


async def _alerts(aim: Target) -> Finding:
    """Asked on a connection of its own: it needs no token of the host."""
    from data.http.transport import Transport

    transport = Transport(aim.clock)
    try:
        at = alertmanager(aim, transport)
        return doctor.alertmanager(None if at is None else await _asked(at.status()))
    finally:
        await transport.aclose()


_NOTHING = {
    PROMETHEUS: "Check prometheus.deployment_label, and that the application is scraped.",
    OBSERVABILITY: "Ask again once production has visitors; Vercel counts about a minute behind.",
    REQUEST_LOGS: "Ask again once production has visitors; Vercel logs about a minute behind.",
}


def _not_asked(aim: Target) -> list[Finding]:
    """What could be there, and is not asked."""
    return [
        *filter(None, [doctor.observability(metrics_choice(aim.settings)[0])]),
        doctor.git(),
        doctor.logins(kept_logins(aim.clock)),
    ]


async def _metrics(source: MetricsSource, router: VercelHost) -> Finding:
    own = Finding("metrics", "metrics", "works", "", doctor.GIVES["metrics"], needed=True)
    alive = await _asked(source.probe())
    if isinstance(alive, Problem):
        return doctor.of_problem(own, alive)
    project = await _asked(router.project())
    serving = None if isinstance(project, Problem) else project.serving_id
    name, said = TITLES[source.name], _weaknesses(source)
    if serving is None:
        return Finding("metrics", "metrics", "works", f"{name}: asked{said}", needed=True)
    newest = await _asked(source.newest([serving]))
    if isinstance(newest, Problem):
        return doctor.of_problem(own, newest)
    if newest.get(serving) is None:
        return Finding(
            "metrics",
            "metrics",
            "warn",
            f"{name}: asked, has nothing of {serving}, which serves production{said}",
            doctor.GIVES["metrics"],
            _NOTHING[source.name],
            needed=True,
        )
    says = f"{name}: asked, knows {serving}{said}"
    return Finding("metrics", "metrics", "works", says, needed=True)


def _weaknesses(source: MetricsSource) -> str:
    return f". {source.note.rstrip('.')}" if source.note else ""


# --- ledger, policy, who you are --------------------------------------------------------------------


def _ledger(aim: Target, account: Account | None) -> list[Finding]:
    """The ledger and what rests on it. Makes no ledger where there is none."""
    try:
        path = aim.ledger_path
        if not path.exists():
            says = f"none yet at {path}; the console makes it when it first runs"
            return [Finding("ledger", "ledger", "off", says, doctor.GIVES["ledger"]), _policy("none yet")]
        with closing(SqliteLedger(path, aim.clock)) as ledger:
            report = ledger.verify()
            seen = None if aim.demo else beside_memory(ledger, aim.loaded)
            right = PolicyChain(ledger, signature_verifier)
            book = in_force(ledger.read(stream=STREAM), PolicyFiles(path.parent), right)
    except StoreUnusable as error:
        own = Finding("ledger", "ledger", "fails", "", "history, and every change", needed=True)
        return [doctor.of_problem(own, error.problem)]
    if report.ok and seen is not None and not seen.ok:
        following = "Look what is missing (coalmine ledger verify); restore it, or accept the loss."
        chain = Finding("ledger", "ledger", "fails", seen.in_words(), "every change", following)
    elif report.ok:
        chain = Finding("ledger", "ledger", "works", f"{report.checked} events, the chain holds; {path}")
    else:
        first = report.breaks[0]
        says = f"the chain is broken at event {first.seq}: {first.what}"
        following = "Keep the file as it is; coalmine ledger verify says more."
        chain = Finding("ledger", "ledger", "fails", says, "proof of what was done", following)
    return [chain, _policy(book), *_person(book, account)]


def _policy(book: Rulebook | str) -> Finding:
    return doctor.policy(book) if isinstance(book, str) else doctor.policy(None, book.policy_sha256[:12])


def _person(book: Rulebook | str, account: Account | None) -> list[Finding]:
    if isinstance(book, str) or account is None:
        return []
    key = book.person_of(account.user_id, account.username, account.email)
    return [doctor.you(key, book.people.people[key].roles if key else (), account.username)]
