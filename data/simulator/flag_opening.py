"""The shop's flags as the world begins: every kind of flag, some history, one segment that has drifted."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.readings import Millis
from data.simulator.flag_checks import Json
from data.simulator.flag_store import FlagStore
from data.simulator.records import Person

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
USER_ID: Json = {"type": "entity", "kind": "user", "attribute": "id"}
ENVIRONMENTS = ("production", "preview", "development")

ENTITIES: list[Json] = [
    {
        "kind": "user",
        "label": "User",
        "attributes": [
            {"key": "id", "type": "string"},
            {"key": "email", "type": "string"},
            {
                "key": "country",
                "type": "string",
                "labels": [{"value": "DE", "label": "Germany"}, {"value": "PL", "label": "Poland"}],
            },
            {"key": "plan", "type": "string"},
        ],
    },
    {"kind": "device", "label": "Device", "attributes": [{"key": "type", "type": "string"}]},
]


def fixed(variant: str) -> Json:
    return {"type": "variant", "variantId": variant}


def split(weights: Mapping[str, float], otherwise: str) -> Json:
    return {"type": "split", "base": USER_ID, "weights": dict(weights), "defaultVariantId": otherwise}


def rule(key: str, conditions: Sequence[Json], outcome: Json) -> Json:
    return {"id": key, "conditions": list(conditions), "outcome": outcome}


def of_user(attribute: str, comparator: str, right: Any) -> Json:
    left = {"type": "entity", "kind": "user", "attribute": attribute}
    if isinstance(right, list):
        right = {"type": "list", "items": [{"value": one} for one in right]}
    return {"lhs": left, "cmp": comparator, **({} if right is None else {"rhs": right})}


def in_segment(key: str) -> Json:
    return {"lhs": {"type": "segment"}, "cmp": "eq", "rhs": key}


def served(fallthrough: Json, paused: str, rules: Sequence[Json] = (), targets: Json | None = None) -> Json:
    """An environment whose rules decide."""
    return {
        "active": True,
        "pausedOutcome": fixed(paused),
        "fallthrough": fallthrough,
        "rules": list(rules),
        "targets": targets or {},
        "reuse": {"active": False, "environment": ""},
    }


def static(variant: str, fallthrough: str | None = None) -> Json:
    """An environment that is paused: one variant for everyone."""
    return {**served(fixed(fallthrough or variant), variant), "active": False}


def linked(environment: str, paused: str) -> Json:
    """An environment that copies another."""
    return {**served(fixed(paused), paused), "reuse": {"active": True, "environment": environment}}


BOOLEAN = [{"id": "off", "value": False, "label": "Off"}, {"id": "on", "value": True, "label": "On"}]


@dataclass(frozen=True)
class _Made:
    """A flag and what became of it: (milliseconds before the beginning, by whom, why, the change)."""

    slug: str
    description: str
    environments: Json
    tags: Sequence[str] = ()
    kind: str = "boolean"
    variants: Sequence[Json] = tuple(BOOLEAN)
    permanent: bool = False
    born: Millis = 60 * DAY
    by: int = 0
    later: Sequence[tuple[Millis, int, str, Json]] = ()


def everywhere(entry: Json) -> Json:
    return dict.fromkeys(ENVIRONMENTS, entry)


def _shipping(*countries: str) -> Json:
    near = rule("rule_near", [of_user("country", "oneOf", list(countries))], fixed("near"))
    return served(fixed("usual"), "usual", [near])


def _flags(epoch: Millis) -> tuple[_Made, ...]:
    share = {"off": 90, "on": 10}
    return (
        _Made(
            "new-cart",
            "The rewritten cart, with prices formatted at the edge",
            {
                "production": served(split(share, "off"), "off"),
                "preview": static("on", "off"),
                "development": linked("preview", "off"),
            },
            ("cart", "release"),
            born=12 * DAY,
            by=1,
            later=(
                (
                    38 * MINUTE,
                    1,
                    "Cart metrics look fine at 10 %",
                    {"production": served(split({"off": 75, "on": 25}, "off"), "off")},
                ),
            ),
        ),
        _Made(
            "one-page-checkout",
            "Checkout on one page, for those who test it",
            {
                "production": served(
                    fixed("off"),
                    "off",
                    [rule("rule_staff", [in_segment("seg_staff")], fixed("on"))],
                    {"on": {"user": {"id": [{"value": "u_17", "note": "QA"}, {"value": "u_23"}]}}},
                ),
                "preview": static("on", "off"),
                "development": static("on", "off"),
            },
            ("checkout",),
            born=20 * DAY,
        ),
        _Made(
            "delivery-promise",
            "Delivery date on the product page, released slowly",
            {
                "production": served(
                    {
                        "type": "rollout",
                        "base": USER_ID,
                        "startTimestamp": epoch - 2 * HOUR,
                        "rollFromVariantId": "off",
                        "rollToVariantId": "on",
                        "defaultVariantId": "off",
                        "slots": [
                            {"promille": 5_000, "durationMs": 6 * HOUR},
                            {"promille": 50_000, "durationMs": 12 * HOUR},
                        ],
                    },
                    "off",
                ),
                "preview": static("on", "off"),
                "development": static("on", "off"),
            },
            ("product",),
            born=9 * DAY,
            by=2,
        ),
        _Made(
            "search-ranking",
            "Which ranking answers a search",
            everywhere(served(split({"classic": 50, "semantic": 25, "hybrid": 25}, "classic"), "classic")),
            ("search", "experiment"),
            kind="string",
            variants=[
                {"id": "classic", "value": "classic", "label": "Classic"},
                {"id": "semantic", "value": "semantic", "label": "Semantic"},
                {"id": "hybrid", "value": "hybrid", "label": "Hybrid"},
            ],
            born=34 * DAY,
            by=3,
        ),
        _Made(
            "free-shipping-from",
            "The basket from which shipping is free, in euros",
            everywhere(_shipping("DE")),
            ("pricing",),
            kind="number",
            variants=[
                {"id": "usual", "value": 49, "label": "Usual"},
                {"id": "near", "value": 39, "label": "Near"},
                {"id": "none", "value": 0, "label": "Always free"},
            ],
            born=140 * DAY,
            later=((16 * DAY, 2, "Austria too", {"production": _shipping("DE", "AT")}),),
        ),
        _Made(
            "recommendations",
            "How the row below the product is made",
            {
                "production": served(split({"none": 20, "popular": 40, "personal": 40}, "popular"), "none"),
                "preview": linked("production", "none"),
                "development": linked("production", "none"),
            },
            ("product", "experiment"),
            kind="json",
            variants=[
                {"id": "none", "value": None, "label": "None"},
                {"id": "popular", "value": {"source": "popular", "count": 8}, "label": "Popular"},
                {"id": "personal", "value": {"source": "personal", "count": 8}, "label": "Personal"},
            ],
            born=45 * DAY,
            by=2,
        ),
        _Made(
            "beta-features",
            "Everything that is not finished, for those who asked for it",
            everywhere(
                served(fixed("off"), "off", [rule("rule_beta", [in_segment("seg_beta")], fixed("on"))])
            ),
            ("beta",),
            born=80 * DAY,
            by=3,
        ),
        _Made(
            "payments-fallback",
            "Send payments to the second provider",
            {
                "production": static("off", "on"),
                "preview": static("off", "on"),
                "development": static("off", "on"),
            },
            ("kill-switch", "checkout"),
            permanent=True,
            born=300 * DAY,
        ),
        _Made(
            "gift-cards",
            "Gift cards, for everyone since the last release but one",
            everywhere(static("on")) | {"production": static("off", "on")},
            ("release",),
            born=30 * DAY,
            by=1,
            later=((2 * DAY, 1, "Gift cards are live", {"production": static("on", "on")}),),
        ),
        _Made(
            "holiday-banner",
            "The text above the shop",
            {
                "production": static("plain"),
                "preview": linked("production", "plain"),
                "development": linked("preview", "plain"),
            },
            ("content",),
            kind="string",
            variants=[
                {"id": "plain", "value": "", "label": "None"},
                {"id": "winter", "value": "Order by the 18th, unwrap by the 24th", "label": "Winter"},
            ],
            born=330 * DAY,
            by=3,
        ),
        _Made(
            "stock-lookup-retry",
            "Ask the stock service once more",
            everywhere(static("on")),
            ("stale",),
            born=240 * DAY,
        ),
        _Made(
            "guest-order-tracking",
            "Track an order without an account",
            {
                "production": served(
                    split({"off": 50, "on": 50}, "off"),
                    "off",
                    [
                        rule(
                            "rule_plan",
                            [of_user("plan", "eq", "trial"), of_user("country", "ex", None)],
                            fixed("off"),
                        )
                    ],
                ),
                "preview": static("on", "off"),
                "development": linked("preview", "off"),
            },
            ("orders",),
            born=25 * DAY,
            by=1,
        ),
        _Made(
            "legacy-vouchers",
            "The voucher format of before",
            everywhere(static("off")),
            ("stale",),
            born=390 * DAY,
            later=((50 * DAY, 1, "Nobody has such a voucher any more", {"state": "archived"}),),
        ),
    )


def opening_flags(
    seed: int, epoch: Millis, project_id: str, owner_id: str, people: Sequence[Person]
) -> FlagStore:
    """The flags at ``epoch``; same seed, same seeds of the flags."""
    rng = random.Random(f"coalmine flags {seed}")
    store = FlagStore(project_id, owner_id, ENTITIES)
    for segment in _segments(epoch, project_id, people):
        store.segments[segment["slug"]] = segment
    for one in _flags(epoch):
        body: Json = {
            "slug": one.slug,
            "kind": one.kind,
            "description": one.description,
            "variants": list(one.variants),
            "environments": one.environments,
            "tags": list(one.tags),
            "maintainerIds": [people[one.by].id],
            "permanent": one.permanent,
            "seed": rng.randrange(100_000),
        }
        store.create(body, people[one.by], epoch - one.born)
        for before, by, message, change in one.later:
            store.change(one.slug, _changing(change, message), None, people[by], epoch - before)
    store.keys += _keys(rng, epoch, project_id, people)
    return store


def _changing(change: Json, message: str) -> Json:
    """The body of a change: of the state or of environments."""
    return {**(change if "state" in change else {"environments": change}), "message": message}


def _segments(epoch: Millis, project_id: str, people: Sequence[Person]) -> list[Json]:
    def segment(key: str, slug: str, label: str, hint: str, data: Json, changed: Millis) -> Json:
        return {
            "id": key,
            "slug": slug,
            "label": label,
            "hint": hint,
            "data": data,
            "projectId": project_id,
            "typeName": "segment",
            "createdAt": epoch - 200 * DAY,
            "createdBy": people[0].id,
            "updatedAt": epoch - changed,
        }

    beta = {"type": "split", "base": USER_ID, "passPromille": 10_000}
    return [
        segment(
            "seg_staff",
            "staff",
            "Staff",
            "email",
            {"rules": [rule("staff_mail", [of_user("email", "endsWith", "@acme.example")], {"type": "all"})]},
            190 * DAY,
        ),
        # Widened long after beta-features was last changed: the flag's own history does not show it.
        segment(
            "seg_beta",
            "beta-testers",
            "Beta testers",
            "user",
            {
                "include": {"user": {"id": [{"value": "u_4", "note": "asked by mail"}, {"value": "u_9"}]}},
                "exclude": {"user": {"id": [{"value": "u_17"}]}},
                "rules": [rule("beta_share", [of_user("plan", "eq", "pro")], beta)],
            },
            3 * DAY,
        ),
        segment(
            "seg_eu",
            "eu-shoppers",
            "Shoppers in the EU",
            "country",
            {"rules": [rule("eu", [of_user("country", "oneOf", ["DE", "AT", "PL", "FR"])], {"type": "all"})]},
            120 * DAY,
        ),
    ]


def _keys(rng: random.Random, epoch: Millis, project_id: str, people: Sequence[Person]) -> list[Json]:
    return [
        {
            "hashKey": "".join(rng.choices("0123456789abcdef", k=40)),
            "type": kind,
            "environment": environment,
            "label": label,
            "partialKeyValue": f"vf_{kind}_…{rng.randrange(16**4):04x}",
            "projectId": project_id,
            "createdAt": epoch - 200 * DAY,
            "createdBy": people[0].id,
            "updatedAt": epoch - 200 * DAY,
        }
        for kind, environment, label in (
            ("server", "production", "shop"),
            ("server", "preview", "previews"),
            ("client", "development", "laptops"),
        )
    ]
