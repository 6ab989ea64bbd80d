"""The host's calls about feature flags: reads, changes under an ETag, versions, segments, keys."""

from __future__ import annotations

import copy

from aiohttp import web

from data.simulator.flag_checks import Json
from data.simulator.flag_opening import ENVIRONMENTS
from data.simulator.flag_store import FlagStore, KeptFlag
from data.simulator.records import Deployment, Person, Project
from data.simulator.refused import Refused
from data.simulator.serving import did
from data.simulator.vercel_asked import PAGE_MAX, Query, body, limit
from data.simulator.vercel_scope import Scope

FLAGS_PAGE = 25


class FlagCalls:
    """Vercel Flags. Whoever's token it is acts."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, routes: web.UrlDispatcher) -> None:
        root = "/v1/projects/{project}/feature-flags"
        routes.add_get("/v2/projects/{project}/feature-flags/flags", self._list)
        routes.add_put(f"{root}/flags", self._create)
        routes.add_get(f"{root}/flags/{{flag}}", self._one)
        routes.add_patch(f"{root}/flags/{{flag}}", self._change)
        routes.add_delete(f"{root}/flags/{{flag}}", self._delete)
        routes.add_get(f"{root}/flags/{{flag}}/versions", self._versions)
        routes.add_get(f"{root}/settings", self._settings)
        routes.add_get(f"{root}/segments", self._segments)
        routes.add_get(f"{root}/segments/{{segment}}", self._segment)
        routes.add_patch(f"{root}/segments/{{segment}}", self._change_segment)
        routes.add_get(f"{root}/sdk-keys", self._keys)
        routes.add_get("/v1/deployments/{deployment}/feature-flags", self._declared)

    def _store(self, request: web.Request) -> tuple[Project, FlagStore]:
        project = self._scope.named_project(request)
        return project, project.flags

    async def _list(self, request: web.Request) -> web.Response:
        _, store = self._store(request)
        query = request.query
        state = query.get("state", "active")
        if state not in ("active", "archived"):
            raise Refused(400, "bad_request", "`state` should be active or archived.")
        words, tags = query.get("search", "").lower(), set(query.getall("tags", []))
        makers, creator = set(query.getall("maintainerIds", [])), query.get("createdBy")
        found = [
            one
            for one in (kept.document for kept in store.flags.values())
            if one["state"] == state
            and (words in one["slug"].lower() or words in one.get("description", "").lower())
            and tags <= set(one.get("tags", ()))
            and (not makers or makers & set(one.get("maintainerIds", ())))
            and creator in (None, one["createdBy"])
        ]
        found.sort(key=lambda one: (-one["createdAt"], one["slug"]))
        shown, following = _page(found, query, FLAGS_PAGE)
        return web.json_response({"data": shown, "pagination": {"next": following}})

    async def _create(self, request: web.Request) -> web.Response:
        project, store = self._store(request)
        kept = store.create(await body(request), self._scope.person, self._scope.now())
        slug = kept.document["slug"]
        did(f"created the flag {slug}")
        project.tell("flag-created", f"created flag {slug}", self._scope.person, self._scope.now())
        return _flag(kept, 201)

    async def _one(self, request: web.Request) -> web.Response:
        project, store = self._store(request)
        kept = store.flag(request.match_info["flag"])
        if _token(request) == kept.etag:
            return web.Response(status=304, headers={"ETag": kept.etag})
        return _flag(kept, person=_creator(request, project, kept.document))

    async def _change(self, request: web.Request) -> web.Response:
        project, store = self._store(request)
        name, now = request.match_info["flag"], self._scope.now()
        kept = store.flag(name)
        changed = store.change(name, await body(request), _token(request), self._scope.person, now)
        if not changed:
            return web.Response(status=304, headers={"ETag": kept.etag})
        did(f"changed the flag {kept.document['slug']} to revision {kept.document['revision']}")
        told(project, kept, self._scope.person, now)
        return _flag(kept, person=_creator(request, project, kept.document))

    async def _delete(self, request: web.Request) -> web.Response:
        project, store = self._store(request)
        slug = store.flag(request.match_info["flag"]).document["slug"]
        store.delete(slug, _token(request))
        did(f"deleted the flag {slug}")
        project.tell("flag-deleted", f"deleted flag {slug}", self._scope.person, self._scope.now())
        return web.Response(status=204)

    async def _versions(self, request: web.Request) -> web.Response:
        project, store = self._store(request)
        environment = request.query.get("environment")
        newest = [
            {**one, **_creator(request, project, one)}
            for one in reversed(store.flag(request.match_info["flag"]).versions)
            if environment is None or environment in one["changedEnvironments"]
        ]
        shown, following = _page(newest, request.query, limit({}))
        return web.json_response({"versions": shown, "pagination": {"next": following}})

    async def _settings(self, request: web.Request) -> web.Response:
        project, store = self._store(request)
        states = [kept.document["state"] for kept in store.flags.values()]
        changes = [project.created_at, *(kept.document["updatedAt"] for kept in store.flags.values())]
        return web.json_response(
            {
                "typeName": "settings",
                "enabled": True,
                "projectId": project.id,
                "ownerId": project.team_id,
                "environments": list(ENVIRONMENTS),
                "entities": store.entities,
                "metadata": {
                    "activeFlagCount": states.count("active"),
                    "archivedFlagCount": states.count("archived"),
                    "segmentCount": len(store.segments),
                    "packSizeInBytes": sum(len(str(kept.document)) for kept in store.flags.values()),
                    "packRevision": sum(kept.document["revision"] for kept in store.flags.values()),
                    "configUpdatedAt": max(changes),
                },
            }
        )

    async def _segments(self, request: web.Request) -> web.Response:
        return web.json_response({"data": self._store(request)[1].all_segments()})

    async def _segment(self, request: web.Request) -> web.Response:
        return web.json_response(self._store(request)[1].segment(request.match_info["segment"]))

    async def _change_segment(self, request: web.Request) -> web.Response:
        project, store = self._store(request)
        now = self._scope.now()
        changed = store.change_segment(request.match_info["segment"], await body(request), now)
        did(f"changed the segment {changed['slug']}")
        project.tell("flags-segment", f"changed segment {changed['slug']}", self._scope.person, now)
        return web.json_response(changed)

    async def _keys(self, request: web.Request) -> web.Response:
        return web.json_response({"data": self._store(request)[1].keys})

    async def _declared(self, request: web.Request) -> web.Response:
        """What the discovery endpoint of a build said: every flag that was made before the build."""
        project, deployment = self._scope.project, self._scope.named_deployment(request)
        found = [{"slug": slug} for slug in declared(project, deployment)]
        status = {
            "createdAt": deployment.ready_at,
            "deploymentId": deployment.id,
            "projectId": project.id,
            "flagCount": len(found),
            "responseStatus": 200,
        }
        ready = deployment.ready_at is not None
        return web.json_response({"flags": found if ready else [], "status": status if ready else None})


def declared(project: Project, deployment: Deployment) -> list[str]:
    """The flags that the code of a build asks for; ``one-page-checkout`` came with the newest."""
    newest = max(one.number for one in project.deployments.values())
    return [
        slug
        for slug, kept in project.flags.flags.items()
        if kept.document["createdAt"] <= deployment.created_at
        and (slug != "one-page-checkout" or deployment.number > newest - 4)
    ]


def told(project: Project, kept: KeptFlag, person: Person, at: int) -> None:
    """Put a change of a flag into the activity list."""
    newest = kept.versions[-1]
    archived = [one["data"]["state"] == "archived" for one in kept.versions[-2:]]
    kind = "flag-updated"
    if archived[0] != archived[-1]:
        kind = "flag-archived" if archived[-1] else "flag-unarchived"
    where = f" in {', '.join(newest['changedEnvironments'])}" if newest["changedEnvironments"] else ""
    project.tell(kind, f"changed flag {kept.document['slug']}{where}", person, at)


def _flag(kept: KeptFlag, status: int = 200, person: Json | None = None) -> web.Response:
    answer = {**copy.deepcopy(kept.document), **(person or {})}
    return web.json_response(answer, status=status, headers={"ETag": kept.etag})


def _creator(request: web.Request, project: Project, document: Json) -> Json:
    if request.query.get("withMetadata") not in ("true", "1"):
        return {}
    person = next(one for one in project.people if one.id == document["createdBy"])
    return {"metadata": {"creator": {"id": person.id, "name": person.name}}}


def _token(request: web.Request) -> str | None:
    """The ETag a request goes by: the command line sends a header, the library a part of the query."""
    return request.headers.get("If-Match") or request.query.get("ifMatch")


def _page(items: list[Json], query: Query, usual: int) -> tuple[list[Json], str | None]:
    """A page of items and the cursor of the next, which means something to the host alone."""
    size = limit(query) if "limit" in query else usual
    cursor = query.get("cursor", "c0")
    if cursor[:1] != "c" or not cursor[1:].isdecimal() or size > PAGE_MAX:
        raise Refused(400, "bad_request", "`cursor` is not one of ours.")
    start = int(cursor[1:])
    end = start + size
    return items[start:end], f"c{end}" if end < len(items) else None
