"""Answers beyond the running release: deployments to choose from, checks, plan, domains, build log."""

from __future__ import annotations

from typing import Any

from tests.data.vercel.documents import BASE


def listed(number: int, **more: Any) -> dict[str, Any]:
    """An item of the list of deployments, the newer the higher its number."""
    at = 1795000000000 + number * 1000
    document = {
        "uid": f"dpl_{number}",
        "name": "shop",
        "url": f"shop-{number}.vercel.app",
        "created": at,
        "createdAt": at,
        "state": "READY",
        "readyState": "READY",
        "readySubstate": "STAGED",
        "target": "production",
        "isRollbackCandidate": False,
        "aliasAssigned": at,
        "aliasError": None,
        "checksState": "completed",
        "checksConclusion": "succeeded",
        "checks": {"deploymentAlias": {"state": "pending", "startedAt": at}},
        "creator": {"uid": "usr_1", "username": "ada"},
        "source": "git",
        "meta": {
            "githubCommitSha": "4f2c9be",
            "githubCommitMessage": "Cache the cart",
            "githubCommitRef": "feature/cart",
            "githubCommitAuthorName": "Ada L.",
        },
        "inspectorUrl": None,
    }
    return document | more


def page(kind: str, items: list[Any], following: int | str | None = None) -> dict[str, Any]:
    return {kind: items, "pagination": {"count": len(items), "next": following, "prev": None}}


DEPLOYMENTS = page("deployments", [listed(2), listed(1, readySubstate="PROMOTED", isRollbackCandidate=True)])

CHECKS: dict[str, Any] = {
    "checks": [
        {
            "id": "check_1",
            "name": "Lighthouse",
            "status": "completed",
            "conclusion": "failed",
            "blocking": True,
            "rerequestable": True,
            "detailsUrl": "https://checks.example/1",
            "createdAt": 1795000000000,
        },
        {"id": "check_2", "name": "Links", "status": "running", "blocking": False},
    ]
}


def run(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"run_{number}",
        "name": "e2e",
        "checkId": "chk_1",
        "deploymentId": "dpl_2",
        "status": "completed",
        "conclusion": "succeeded",
        "blocks": "deployment-promotion",
        "externalUrl": "https://ci.example/1",
        "timeout": 300,
        "createdAt": 1795000000000 + number,
        **more,
    }


RUNS: dict[str, Any] = {"runs": [run(1)]}

BILLING: dict[str, Any] = {"availableSlots": 3, "reason": "available_slots", "message": "3 of 5 left"}


def alias(name: str, **more: Any) -> dict[str, Any]:
    return {
        "uid": f"als_{name}",
        "alias": name,
        "created": "2026-11-18T11:06:40.000Z",
        "createdAt": 1795000000000,
        "deploymentId": "dpl_base",
        "deployment": {"id": "dpl_base", "url": BASE["url"]},
        "projectId": "prj_1",
        "redirect": None,
        "protectionBypass": {"bypass_secret_value": {"scope": "shareable-link"}},
        **more,
    }


ENVS: dict[str, Any] = {
    "envs": [
        {
            "id": "env_1",
            "key": "NEXT_PUBLIC_SEARCH",
            "value": "on",
            "type": "plain",
            "target": ["production", "preview"],
            "createdAt": 1795000000000,
            "updatedAt": 1795000001000,
            "createdBy": "usr_1",
        },
        {
            "id": "env_2",
            "key": "BANNER",
            "value": "eyJ2",
            "type": "encrypted",
            "target": "preview",
            "gitBranch": "feature/cart",
            "decrypted": False,
        },
    ]
}

ALIAS = alias("shop.example")
ALIASES = page("aliases", [alias("shop.example"), alias("www.shop.example")])
MOVES = page(
    "aliases",
    [
        {"id": "m1", "alias": "shop.example", "status": "completed"},
        {"id": "m2", "alias": {"alias": "www.shop.example", "deploymentId": "dpl_2"}, "status": "failed"},
    ],
)

CONFIG: dict[str, Any] = {
    "rollingRelease": {
        "target": "production",
        "stages": [
            {"targetPercentage": 5, "requireApproval": True, "note": "kept"},
            {"targetPercentage": 12.5, "duration": 7.5, "linearShift": True},
            {"targetPercentage": 50, "duration": 10},
            {"targetPercentage": 100},
        ],
        "canaryResponseHeader": True,
        "gate": {
            "enabled": True,
            "action": "pause",
            "dryRun": False,
            "failureThreshold": 2,
            "windowSize": 6,
            "checks": [{"type": "error-rate-5xx", "minSampleSize": 50, "excludePaths": ["/health"]}],
        },
        "somethingNew": {"of": ["next", "year"]},
    }
}


def line(number: int, text: str, at: int | None = None, kind: str = "stdout", **more: Any) -> dict[str, Any]:
    """An event of a build, flat."""
    at = 1795000000000 + number * 1000 if at is None else at
    return {
        "type": kind,
        "created": at,
        "date": at,
        "deploymentId": "dpl_2",
        "id": f"e{number}",
        "serial": str(number),
        "text": text,
        "info": {"type": "build", "name": "bld_1"},
        **more,
    }


def wrapped(number: int, text: str, kind: str = "stdout", **more: Any) -> dict[str, Any]:
    """The same event with its content in ``payload``."""
    flat = line(number, text, kind=kind, **more)
    return {"type": flat.pop("type"), "created": flat.pop("created"), "payload": flat}


LOG: list[dict[str, Any]] = [
    line(1, "Cloning\n"),
    wrapped(2, "warn \u001b[31mold\u001b[0m lockfile\r\n", kind="stderr", level="warning"),
    {"type": "deployment-state", "created": 1795000002500, "payload": {"info": {"readyState": "BUILDING"}}},
    line(3, "no such module\nat shop.ts:7\n", kind="stderr"),
    line(4, "Command failed", kind="fatal"),
]
