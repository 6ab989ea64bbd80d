"""``coalmine flags set``: every change of one flag that a screen can make, through the gate."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from console.commands.flags_acting import ENVIRONMENT, FOR, PERCENT, WEIGHT, Asked, act, acting
from console.commands.shared import run, visible

if TYPE_CHECKING:
    from console.flags.changing import Change

PLACE = click.IntRange(1)
OPTIONS = (
    click.option("--serve", metavar="VARIANT", help="Serve this variant to everyone; rules rest."),
    click.option("--resume", is_flag=True, help="Let the rules decide again."),
    click.option("--share", type=(str, PERCENT), metavar="VARIANT PERCENT", help="How many get it."),
    click.option("--weight", type=(str, WEIGHT), multiple=True, metavar="VARIANT WEIGHT", help="One each."),
    click.option("--rule", metavar="ID", help="With --share or --weight: of this rule, not of the rest."),
    click.option(
        "--give",
        type=(str, str),
        multiple=True,
        metavar="VARIANT ENTITY.ATTRIBUTE=VALUE",
        help="user.id=qa-1, say; several are given one after the other.",
    ),
    click.option("--note", default="", help="With --give: what is kept beside them."),
    click.option(
        "--forget", multiple=True, metavar="ENTITY.ATTRIBUTE=VALUE", help="List them by name no longer."
    ),
    click.option("--value", type=(str, str), metavar="VARIANT JSON", help="Another value for a variant."),
    click.option("--add-variant", type=(str, str), metavar="ID JSON", help="One more variant."),
    click.option("--label", default="", help="With --add-variant: what people call it."),
    click.option("--remove-variant", metavar="ID", help="One that nothing names."),
    click.option(
        "--add-rule",
        type=(PLACE, str),
        metavar="PLACE JSON",
        help="A rule as the host has it; 1 is asked first.",
    ),
    click.option("--move-rule", type=(str, PLACE), metavar="ID PLACE", help="Ask it earlier or later."),
    click.option("--remove-rule", metavar="ID", help="One rule fewer."),
    click.option("--archive", is_flag=True, help="Every caller gets the default in its code."),
    click.option("--unarchive", is_flag=True, help="Bring it back."),
)


def wishing(verb: Any) -> Any:
    """The options that say what is wanted."""
    for option in reversed(OPTIONS):
        verb = option(verb)
    return verb


@click.command("set", short_help="Change what a flag serves.")
@click.argument("key")
@ENVIRONMENT
@FOR
@wishing
@acting
def set_(key: str, environment: str, minutes: float | None, **said: Any) -> None:
    """Change the flag KEY: shares, weights, people by name, values, variants, rules, its archiving.

    Several options are one change. It is previewed on stderr first: the difference, whom it moves, what to
    know; and it is written only if nobody has changed the flag since.
    """
    from console.flags.changing import Several

    asked = {
        name: said.pop(name) for name in ("arm", "reason", "incident", "dry_run", "store", "item", "as_json")
    }
    changes = list(changes_of(environment, said))
    if not changes:
        raise click.UsageError("Say what: --serve, --resume, --share, --weight, --give, --value, …")
    change = changes[0] if len(changes) == 1 else Several(tuple(changes))
    sys.exit(run(act(Asked(minutes=minutes, **asked), lambda desk: [desk.change(key, change)])))


def changes_of(where: str, said: Mapping[str, Any]) -> Iterator[Change]:
    """The changes that the options name, in the order of the help."""
    yield from _served(where, said)
    yield from _people(where, said)
    yield from _variants(said)
    yield from _rules(where, said)
    yield from _state(said)


def _served(where: str, said: Mapping[str, Any]) -> Iterator[Change]:
    from console.flags.changing import Resume, ServeEveryone
    from console.flags.rules import SetShare, SetWeights

    if said["serve"] is not None:
        yield ServeEveryone(where, said["serve"])
    if said["resume"]:
        yield Resume(where)
    if said["share"] is not None:
        variant, percent = said["share"]
        yield SetShare(where, variant, percent, said["rule"])
    if said["weight"]:
        yield SetWeights(where, dict(said["weight"]), said["rule"])


def _people(where: str, said: Mapping[str, Any]) -> Iterator[Change]:
    from console.flags.changing import Give, TakeBack

    for variant, who in said["give"]:
        kind, attribute, name = _named("--give takes a variant and whom: on user.id=qa-1", who)
        yield Give(where, variant, kind, attribute, (name,), said["note"])
    for who in said["forget"]:
        kind, attribute, name = _named("--forget takes whom: user.id=qa-1", who)
        yield TakeBack(where, kind, attribute, (name,))


def _variants(said: Mapping[str, Any]) -> Iterator[Change]:
    from console.flags.changing import AddVariant, EditVariant, RemoveVariant

    if said["value"] is not None:
        variant, value = said["value"]
        yield EditVariant(variant, _parsed("--value", value))
    if said["add_variant"] is not None:
        variant, value = said["add_variant"]
        yield AddVariant(variant, _parsed("--add-variant", value), said["label"])
    if said["remove_variant"] is not None:
        yield RemoveVariant(said["remove_variant"])


def _rules(where: str, said: Mapping[str, Any]) -> Iterator[Change]:
    from console.flags.rules import AddRule, MoveRule, RemoveRule

    if said["add_rule"] is not None:
        place, text = said["add_rule"]
        rule = _parsed("--add-rule", text)
        if not isinstance(rule, dict):
            raise click.UsageError("--add-rule takes a rule as `flags show --json` has them: an object.")
        yield AddRule(where, rule, place - 1)
    if said["move_rule"] is not None:
        rule_id, place = said["move_rule"]
        yield MoveRule(where, rule_id, place - 1)
    if said["remove_rule"] is not None:
        yield RemoveRule(where, said["remove_rule"])


def _state(said: Mapping[str, Any]) -> Iterator[Change]:
    from console.flags.changing import SetState

    if said["archive"] and said["unarchive"]:
        raise click.UsageError("--archive or --unarchive, not both.")
    if said["archive"] or said["unarchive"]:
        yield SetState(said["archive"])


def _named(usage: str, who: str) -> tuple[str, str, str]:
    path, _, name = who.partition("=")
    entity, _, attribute = path.partition(".")
    if not entity or not attribute or not name:
        raise click.UsageError(usage)
    return entity, attribute, name


def _parsed(option: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise click.UsageError(
            f"{option} takes JSON: {visible(text)} is none (a text needs quotes)."
        ) from None
