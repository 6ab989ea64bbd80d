"""Flags of the host's form at random, whole and sound, with members that nobody knows of."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Raw = dict[str, Any]
ENVIRONMENTS = ("production", "preview", "development")
USER = {"type": "entity", "kind": "user", "attribute": "id"}
NOW = 1_795_000_000_000
PEOPLE = ("u1", "u2", "u3", "u4")


def fixed(variant: str) -> Raw:
    return {"type": "variant", "variantId": variant}


@st.composite
def outcomes(draw: st.DrawFn, variants: list[str]) -> Raw:
    kind = draw(st.sampled_from(["variant", "split", "rollout"]))
    one, other = draw(st.sampled_from(variants)), draw(st.sampled_from(variants))
    if kind == "variant":
        return fixed(one) | draw(st.sampled_from([{}, {"unknown": True}]))
    if kind == "split":
        weights = draw(st.lists(st.integers(0, 100), min_size=len(variants), max_size=len(variants)))
        weights[0] += not any(weights)
        return {
            "type": "split",
            "base": USER,
            "weights": dict(zip(variants, weights, strict=True)),
            "defaultVariantId": one,
        }
    return {
        "type": "rollout",
        "base": USER,
        "startTimestamp": NOW - draw(st.integers(-1000, 5000)),
        "rollFromVariantId": one,
        "rollToVariantId": other,
        "defaultVariantId": one,
        "slots": [{"promille": 5000, "durationMs": 2000}, {"promille": 50_000, "durationMs": 2000}],
    }


def condition(country: str) -> Raw:
    left = {"type": "entity", "kind": "user", "attribute": "country"}
    return {"lhs": left, "cmp": "eq", "rhs": country}


@st.composite
def rules(draw: st.DrawFn, variants: list[str]) -> list[Raw]:
    found = []
    for place in range(draw(st.integers(0, 2))):
        asked = [condition(draw(st.sampled_from(["DE", "PL"])))]
        if draw(st.booleans()):
            asked = [{"lhs": {"type": "segment"}, "cmp": "eq", "rhs": draw(st.sampled_from(["s1", "s2"]))}]
        found.append({"id": f"r{place}", "conditions": asked, "outcome": draw(outcomes(variants))})
    return found


@st.composite
def environments(draw: st.DrawFn, name: str, variants: list[str]) -> Raw:
    entry: Raw = {
        "active": draw(st.booleans()),
        "pausedOutcome": fixed(draw(st.sampled_from(variants))),
        "fallthrough": draw(outcomes(variants)),
        "rules": draw(rules(variants)),
        "revision": draw(st.integers(0, 9)),
        "kept": {"deep": [1, 1.5, None]},
    }
    if draw(st.booleans()):
        entry["targets"] = {
            variant: {"user": {"id": [{"value": one, "note": "why"} for one in listed]}}
            for variant in variants
            if (listed := draw(st.lists(st.sampled_from(PEOPLE), unique=True, max_size=3)))
        }
    if name != "production" and draw(st.booleans()):
        entry["reuse"] = {"active": draw(st.booleans()), "environment": "production"}
    return entry


@st.composite
def flags(draw: st.DrawFn) -> Raw:
    variants = [f"v{place}" for place in range(draw(st.integers(2, 4)))]
    return {
        "id": "flag_1",
        "slug": "checkout",
        "kind": "string",
        "state": "active",
        "variants": [{"id": one, "value": one.upper(), "label": "kept"} for one in variants],
        "environments": {name: draw(environments(name, variants)) for name in ENVIRONMENTS},
        "seed": draw(st.integers(0, 100_000)),
        "revision": 3,
        "updatedAt": NOW - 1000,
        "not-known-here": {"kept": [True, {"x": 1}]},
    }
