"""Answers as Vercel gives them, for one project in the middle of a rolling release."""

from __future__ import annotations

from typing import Any

BASE: dict[str, Any] = {
    "id": "dpl_base",
    "name": "shop",
    "url": "shop-a1.vercel.app",
    "createdAt": 1795000000000,
    "readyState": "READY",
    "target": "production",
}
CANARY: dict[str, Any] = {**BASE, "id": "dpl_canary", "url": "shop-b2.vercel.app", "createdAt": 1795000600000}


def stage(index: int, percentage: float, **more: Any) -> dict[str, Any]:
    final = percentage == 100
    return {
        "index": index,
        "targetPercentage": percentage,
        "requireApproval": not final,
        "duration": None,
        "isFinalStage": final,
        **more,
    }


STAGES = [stage(0, 5), stage(1, 25), stage(2, 50), stage(3, 100)]


def release(**more: Any) -> dict[str, Any]:
    return {
        "rollingRelease": {
            "state": "ACTIVE",
            "substate": None,
            "advancementType": "manual-approval",
            "currentDeployment": BASE,
            "canaryDeployment": CANARY,
            "queuedDeploymentId": None,
            "stages": STAGES,
            "activeStage": STAGES[0],
            "nextStage": STAGES[1],
            "startedAt": 1795000700000,
            "updatedAt": 1795000800000,
            **more,
        }
    }


USER = {"user": {"id": "usr_1", "username": "ada", "email": "ada@shop.example", "name": None, "avatar": None}}

PROJECT: dict[str, Any] = {
    "id": "prj_1",
    "name": "shop",
    "accountId": "team_1",
    "autoAssignCustomDomains": True,
    "targets": {"production": BASE, "preview": None},
    "lastAliasRequest": {
        "type": "rollback",
        "jobStatus": "in-progress",
        "requestedAt": 1795000900000,
        "fromDeploymentId": "dpl_base",
        "toDeploymentId": "dpl_base",
        "fromRollingReleaseId": "dpl_canary",
    },
    "rollingRelease": {"target": "production", "stages": []},
    "alias": [
        {"domain": "shop.example", "target": "PRODUCTION", "environment": "production", "deployment": None},
        {"domain": "next.shop.example", "target": "STAGING", "environment": "staging", "deployment": None},
    ],
    "link": {"type": "github", "productionBranch": "main", "deployHooks": []},
    "protectionBypass": {"bypass_secret_value": {"scope": "automation-bypass"}},
}

CONFIG = {
    "rollingRelease": {
        "target": "production",
        "stages": [
            {"targetPercentage": 5, "requireApproval": True},
            {"targetPercentage": 25, "duration": 7.5},
            {"targetPercentage": 100},
        ],
        "gate": {"enabled": True, "action": "rollback", "dryRun": True, "checks": []},
    }
}

DEPLOYMENT: dict[str, Any] = {
    **CANARY,
    "team": {"id": "team_1"},
    "projectId": "prj_1",
    "creator": {"uid": "usr_1", "username": "ada"},
    "meta": {
        "githubCommitSha": "4f2c9be",
        "githubCommitMessage": "Cache the cart\u001b[31m",
        "githubCommitAuthorName": "Ada L.",
        "githubDeployment": "1",
    },
    "gitSource": {"type": "github", "sha": "4f2c9be", "ref": "main"},
}


def event(number: int, at: int) -> dict[str, Any]:
    return {
        "id": f"evt_{number}",
        "type": "project-rolling-release-approved",
        "text": "ada approved a stage",
        "createdAt": at,
        "principalId": "usr_1",
        "userId": "usr_1",
        "entities": [],
    }


EVENTS = {"events": [event(2, 1795000800000), event(1, 1795000700000)]}
