"""Flags, segments and contexts at random: small alphabets, so that things meet, and much nonsense."""

from __future__ import annotations

import random
from typing import Any

from console.flags.words import COMPARATORS

NAMES = [
    "u1",
    "u2",
    "Ada",
    "ada",
    "İ",
    "ΑΣ",
    "😀",
    "\ud83d",
    "\uffff",
    "",
    " 10 ",
    "9",
    "0x1F",
    "1e3",
    "toString",
]
DATES = [
    "2026-02-30",
    "2026-13-01",
    "2026-02-01T24:00:00Z",
    "2026-02-01T10:00",
    "2026",
    "+012026-01-01",
    "8",
    "x",
]
DATES += [
    "2026-02-01T10:00:00.1239+01:30",
    "2026-02-01T24:00:01Z",
    "2026-00-01",
    "2026-01-32",
    "2026-02-01 10:00",
]
PATTERNS = [
    "^u\\d$",
    "a$",
    "[^]",
    ".",
    "^.$",
    "(?<n>a)d",
    "\\bada\\b",
    "[\\w-]+",
    "a++",
    "(",
    "[b-a]",
    "\\u0041",
    "x{2,1}",
]
PATTERNS += [
    "^\\S*$",
    "[\\D]",
    "a|^$",
    "(?=a)a",
    "(?i)a",
    "\\d{1,2}",
    "{",
    "a{,2}",
    "]",
    "[]",
    "\\/",
    "\\-",
    "[a-\\d]",
]
KEYS = [
    ["user", "id"],
    ["user", "plan"],
    ["user", "n"],
    ["team", "id"],
    ["user", "constructor"],
    ["user", "tags", 0],
]


class Random(random.Random):
    def value(self, deep: int = 2) -> Any:
        kind = self.randrange(12)
        if kind < 6:
            return self.choice(NAMES + DATES)
        if kind < 8:
            return self.choice([0, 1, 1.5, -3, 10, 2**53 + 1, 1e21, 1e-7])
        if kind < 10:
            return self.choice([True, False, None])
        if kind == 10 or not deep:
            return [self.value(deep - 1) for _ in range(self.randrange(3))] if deep else "u1"
        return {self.choice(["id", "toString", "a"]): self.value(deep - 1)}

    def context(self) -> Any:
        attributes = ["id", "plan", "n", "tags"]
        user = {name: self.value() for name in attributes if self.random() < 0.7}
        if self.random() < 0.7:
            user["id"] = f"user-{self.randrange(1000)}" if self.random() < 0.6 else self.choice(NAMES)
        context: dict[str, Any] = {"user": user}
        if self.random() < 0.4:
            context["team"] = {"id": self.value()} if self.random() < 0.8 else self.value()
        if self.random() < 0.04:
            context["user"] = self.value()
        return context

    def condition(self) -> Any:
        if self.random() < 0.25:
            names = ["s0", "s1", "s2", "gone"]
            comparator = self.choice(["eq", "!eq", "oneOf", "!oneOf"] * 4 + ["contains"])
            many = [self.choice(names) for _ in range(self.randrange(3))]
            right: Any = many if "Of" in comparator and self.random() < 0.95 else self.choice([*names, ""])
            return ["segment", comparator, right]
        comparator = self.choice([*COMPARATORS, "nonsense"])
        right = self.value()
        if "regex" in comparator and self.random() < 0.95:
            flags = self.choice(["", "", "i", "g", "u", "m", "s", "ii", "q", "y"])
            right = {"type": "regex", "pattern": self.choice(PATTERNS), "flags": flags}
        if "Of" in comparator and self.random() < 0.8:
            right = [self.value() for _ in range(self.randrange(4))]
        if comparator in ("before", "after"):
            right = self.choice(DATES)
        options: list[Any] = self.choice([[], [], ["i"], [{"i": True}], [{"i": 1}], ["x"], [None]])
        return [self.choice(KEYS), comparator, right, *options]

    def conditions(self) -> list[Any]:
        return [self.condition() for _ in range(self.choice([0, 1, 1, 1, 2]))]

    def outcome(self, count: int, weird: bool = True) -> Any:
        kind, base = self.randrange(8), self.choice(KEYS[:3])
        index = self.randrange(count)
        if kind < 3:
            return index if not weird or self.random() < 0.95 else self.choice([-1, count, None])
        if kind < 5:
            weights = [self.choice([0, 1, 5, 33.3, 50, 0.1]) for _ in range(self.randrange(count + 1))]
            return {"type": "split", "base": base, "weights": weights, "defaultVariant": index}
        if kind == 5:
            return {"type": "experiment"} if weird else index
        slots = [
            [self.choice([0, 1000, 25_000, 99_999, 100_000]), self.choice([0, 50, 100])] for _ in range(3)
        ]
        return {
            "type": "rollout",
            "base": base,
            "startTimestamp": self.choice([0, 500, 2000]),
            "rollFromVariant": index,
            "rollToVariant": self.randrange(count + (weird and self.random() < 0.05)),
            "defaultVariant": self.randrange(count),
            "slots": slots[: self.randrange(4)],
        }

    def target(self) -> Any:
        return (
            {"user": {"id": [self.choice(NAMES), f"user-{self.randrange(1000)}"]}}
            if self.random() < 0.6
            else {}
        )

    def environment(self, count: int) -> Any:
        kind = self.random()
        if kind < 0.08:
            return self.randrange(count)
        if kind < 0.2:
            return {"reuse": self.choice(["a", "b", "c", "d"])}
        entry: dict[str, Any] = {"fallthrough": self.outcome(count)}
        if self.random() < 0.6:
            entry["rules"] = [
                {"conditions": self.conditions(), "outcome": self.outcome(count)}
                for _ in range(self.randrange(4))
            ]
        if self.random() < 0.4:
            entry["targets"] = [self.target() for _ in range(count)]
        return entry if self.random() < 0.97 else None

    def segment(self, place: int) -> Any:
        segment: dict[str, Any] = {}
        if self.random() < 0.4:
            segment["include"] = self.target()
        if self.random() < 0.4:
            segment["exclude"] = self.target()
        split = {
            "type": "split",
            "base": ["user", "id"],
            "passPromille": self.choice([0, 10, 20_000, 50_000, 100_000]),
        }
        rules: list[dict[str, Any]] = [
            {"conditions": self.conditions(), "outcome": self.choice([1, split])} for _ in range(2)
        ]
        for rule in rules:  # a segment that asks for itself is a matter of its own
            rule["conditions"] = [one for one in rule["conditions"] if one[0] != "segment"]
            if place and self.random() < 0.4:
                rule["conditions"].append(["segment", self.choice(["eq", "!eq"]), f"s{place - 1}"])
        return segment | {"rules": rules}

    def flag(self) -> dict[str, Any]:
        count = self.choice([1, 2, 2, 3, 4])
        flag: dict[str, Any] = {
            "variants": [self.value() for _ in range(count)],
            "environments": {name: self.environment(count) for name in "abc"},
        }
        if self.random() < 0.9:
            flag["seed"] = self.choice([0, 1, 12345, -1, 2**32, self.randrange(2**32)])
        if self.random() < 0.8:
            flag["variantIds"] = [f"v{place}" for place in range(self.choice([count, count, count - 1]))]
        if self.random() < 0.3:
            flag["experiment"] = {
                "id": "e",
                "base": ["user", "id"],
                "weights": [1] * count,
                "defaultVariant": 0,
                "enrollmentSeed": 7,
                **self.choice([{}, {"rampPercentage": 40}, {"rampPercentage": 0}]),
            }
        return flag

    def case(self) -> dict[str, Any]:
        case = {
            "definition": self.flag(),
            "environment": self.choice("aaabbcd"),
            "segments": {f"s{place}": self.segment(place) for place in range(3)},
            "entities": self.context(),
            "now_ms": self.choice([0, 499, 549, 600, 2100, 9000]),
        }
        return case | ({"default": self.value()} if self.random() < 0.5 else {})
