"""The changes that a person can make of a flag, in an operator's words, as forms. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from console.flags.changing import (
    AddVariant,
    Change,
    EditVariant,
    Give,
    RemoveVariant,
    Resume,
    ServeEveryone,
    SetState,
    TakeBack,
)
from console.flags.edits import UNREADABLE, Unfit
from console.flags.forms import (
    EVERYONE_ELSE,
    LONGEST_OPTIONS,
    Answers,
    Field,
    Form,
    Known,
    Option,
    need_rule,
    people_of,
    percent_of,
    place_of,
    rule_of,
    rule_options,
    value_field,
    value_of,
    variant_field,
    variant_of,
    weights_of,
)
from console.flags.forms_of_rules import add_rule
from console.flags.forms_of_versions import restore
from console.flags.rules import MoveRule, RemoveRule, SetShare, SetWeights
from console.flags.telling import people, variant_text


def forms(known: Known) -> tuple[Form, ...]:
    """The changes that make sense of the flag in this environment, in the order of how often they are wanted.

    Of a part that cannot be read nothing is offered.
    """
    if known.flag.archived:
        makers: list[Callable[[Known], Iterator[Form]]] = [_state, restore]
    else:
        makers = [_off, _everyone, _resume, _share, _weights, _people, _values]
        makers += [_variants, _rules, add_rule, _state, restore]
    found = list[Form]()
    for maker in makers:
        try:
            found += maker(known)
        except (*UNREADABLE, Unfit):
            continue
    return tuple(found)


# --- one variant for everyone ---------------------------------------------------------------------


def _off(known: Known) -> Iterator[Form]:
    yield Form("off", "turn it off for everyone")


def _everyone(known: Known) -> Iterator[Form]:
    if known.can.targeting:
        yield Form(
            "serve",
            "one variant for everyone (rules rest)",
            (variant_field(known),),
            lambda typed: ServeEveryone(known.environment, variant_of(known, typed["variant"])),
        )


def _resume(known: Known) -> Iterator[Form]:
    if known.can.targeting and not known.entry["active"]:
        yield Form("resume", "let the rules decide again", (), lambda typed: Resume(known.environment))


# --- shares ---------------------------------------------------------------------------------------


def _share(known: Known) -> Iterator[Form]:
    if not known.can.targeting:
        return

    def made(typed: Answers) -> Change:
        variant, percent = variant_of(known, typed["variant"]), percent_of(typed["percent"])
        return SetShare(known.environment, variant, percent, rule_of(known, typed.get("of", "")))

    field = Field("percent", "PERCENT", "how many of them get it: a number from 0 to 100, as 25")
    yield Form(
        "share",
        "another share of a variant (5 % → 25 %)",
        (variant_field(known), field, *_whose(known)),
        made,
    )


def _weights(known: Known) -> Iterator[Form]:
    if not known.can.targeting or len(known.flag.variant_ids) < 2:
        return

    def made(typed: Answers) -> Change:
        return SetWeights(
            known.environment, weights_of(known, typed["weights"]), rule_of(known, typed.get("of", ""))
        )

    outcome = known.entry["fallthrough"]
    there = outcome["weights"] if outcome["type"] == "split" else {}
    usual = " ".join(f"{one}={there.get(one, 0):g}" for one in known.flag.variant_ids) if there else ""
    hint = "a weight for each variant; they are relative, as off=75 on=25"
    yield Form(
        "weights",
        "weights of all variants",
        (Field("weights", "WEIGHTS", hint, (), usual), *_whose(known)),
        made,
    )


def _whose(known: Known) -> tuple[Field, ...]:
    """Whose outcome: asked where there are rules."""
    options = rule_options(known)
    if not options:
        return ()
    everyone = Option(EVERYONE_ELSE, "all whom no rule holds")
    hint = "of whom: a rule by its id, or everyone else"
    return (Field("of", "OF", hint, (everyone, *options), EVERYONE_ELSE),)


# --- people by name -------------------------------------------------------------------------------


def _people(known: Known) -> Iterator[Form]:
    if not known.can.targeting:
        return
    hint = "user.id=qa-1; several with commas: user.id=qa-1,qa-2"

    def given(typed: Answers) -> Change:
        kind, attribute, values = people_of(typed["who"])
        variant = variant_of(known, typed["variant"])
        return Give(known.environment, variant, kind, attribute, values, typed.get("note", ""))

    def taken(typed: Answers) -> Change:
        return TakeBack(known.environment, *people_of(typed["who"]))

    note = Field("note", "NOTE", "what the back-end keeps beside them; may be empty")
    yield Form(
        "give",
        "give people by name a variant",
        (Field("who", "WHO", hint), variant_field(known), note),
        given,
    )
    listed = [(who.replace(" = ", "=", 1), variant) for who, variant in people(known.entry)]
    if listed:
        options = tuple(
            Option(who, f"gets {variant_text(known.flag, variant)}")
            for who, variant in listed[:LONGEST_OPTIONS]
        )
        usual = listed[0][0] if len(listed) == 1 else ""
        field = Field("who", "WHO", "whom the rules are to decide about again", options, usual)
        yield Form("take back", "list people by name no longer", (field,), taken)


# --- variants -------------------------------------------------------------------------------------


def _values(known: Known) -> Iterator[Form]:
    def made(typed: Answers) -> Change:
        return EditVariant(variant_of(known, typed["variant"]), value_of(known.flag, typed["value"]))

    yield Form("value", "another value for a variant", (variant_field(known), value_field(known)), made)


def _variants(known: Known) -> Iterator[Form]:
    if not known.can.variants:
        return

    def added(typed: Answers) -> Change:
        if not typed["id"]:
            raise Unfit("The new variant needs an id, as “blue”.")
        return AddVariant(typed["id"], value_of(known.flag, typed["value"]), typed.get("called", ""))

    field = Field("id", "ID", "what it is called in outcomes and weights")
    label = Field("called", "LABEL", "for people; may be empty")
    yield Form("add variant", "add a variant", (field, value_field(known), label), added)
    if len(known.flag.variant_ids) > 1:
        yield Form(
            "remove variant",
            "remove a variant",
            (variant_field(known),),
            lambda typed: RemoveVariant(variant_of(known, typed["variant"])),
        )


# --- rules ----------------------------------------------------------------------------------------


def _rules(known: Known) -> Iterator[Form]:
    options = rule_options(known) if known.can.targeting else ()
    if not options:
        return
    field = Field(
        "rule", "RULE", "which rule, by its id", options, options[0].value if len(options) == 1 else ""
    )

    def moved(typed: Answers) -> Change:
        place = place_of(typed["place"], len(options))
        return MoveRule(known.environment, need_rule(known, typed["rule"]), place - 1)

    if len(options) > 1:
        where = Field("place", "PLACE", f"1 (asked first) to {len(options)}")
        yield Form("move rule", "ask a rule earlier or later", (field, where), moved)
    yield Form(
        "remove rule",
        "remove a rule",
        (field,),
        lambda typed: RemoveRule(known.environment, need_rule(known, typed["rule"])),
    )


# --- the whole flag -------------------------------------------------------------------------------


def _state(known: Known) -> Iterator[Form]:
    if known.can.archive and known.flag.archived:
        yield Form("bring back", "bring it back from the archive", (), lambda typed: SetState(False))
    elif known.can.archive:
        yield Form(
            "archive", "archive it: every caller gets its code's default", (), lambda typed: SetState(True)
        )
