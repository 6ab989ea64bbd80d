"""The host's calls about Edge Config, under its newer name: stores, items, backups."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from data.simulator.edge_config import Store
from data.simulator.refused import Refused
from data.simulator.serving import did
from data.simulator.vercel_asked import body, moment
from data.simulator.vercel_scope import Scope

BACKUPS_PAGE, BACKUPS_MAX = 20, 50


class EdgeConfigCalls:
    """Stores belong to the team, not to the project."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, routes: web.UrlDispatcher) -> None:
        root = "/v1/global-config"
        routes.add_get(root, self._list)
        routes.add_get(f"{root}/{{store}}", self._one)
        routes.add_get(f"{root}/{{store}}/items", self._items)
        routes.add_get(f"{root}/{{store}}/item/{{key}}", self._item)
        routes.add_patch(f"{root}/{{store}}/items", self._change)
        routes.add_get(f"{root}/{{store}}/backups", self._backups)
        routes.add_get(f"{root}/{{store}}/backups/{{version}}", self._backup)
        routes.add_post(f"{root}/{{store}}/backups/{{version}}/restore", self._restore)

    def _store(self, request: web.Request) -> Store:
        name = request.match_info["store"]
        if not self._scope.in_team(request):
            raise Refused(404, "not_found", f"The Edge Config {name} could not be found.")
        return self._scope.project.stores.named(name)

    async def _list(self, request: web.Request) -> web.Response:
        mine = self._scope.project.stores.stores if self._scope.in_team(request) else []
        return web.json_response([one.document() for one in mine])

    async def _one(self, request: web.Request) -> web.Response:
        return web.json_response(self._store(request).document())

    async def _items(self, request: web.Request) -> web.Response:
        store = self._store(request)
        return web.json_response([store.item(key) for key in store.items])

    async def _item(self, request: web.Request) -> web.Response:
        return web.json_response(self._store(request).item(request.match_info["key"]))

    async def _change(self, request: web.Request) -> web.Response:
        store, sent = self._store(request), await body(request)
        operations: Any = sent.get("items")
        store.change(operations, self._scope.person, self._scope.now())
        keys = ", ".join(dict.fromkeys(one["key"] for one in operations))
        did(f"changed {keys} of {store.slug}")
        self._tell("global-config-items-updated", f"changed {keys} of {store.slug}")
        return web.json_response({"status": "ok"})

    async def _backups(self, request: web.Request) -> web.Response:
        store, query = self._store(request), request.query
        size = moment(query, "limit")
        if size is not None and size > BACKUPS_MAX:
            raise Refused(400, "bad_request", f"`limit` should be at most {BACKUPS_MAX}.")
        size = BACKUPS_PAGE if size is None else size
        newest = list(reversed(store.backups))
        start = moment(query, "next") or 0
        more = start + size < len(newest)
        shown = [
            {
                "id": one["id"],
                "lastModified": one["lastModified"],
                **({"metadata": one["metadata"]} if "metadata" in query else {}),
            }
            for one in newest[start : start + size]
        ]
        pagination = {"hasNext": more, **({"next": str(start + size)} if more else {})}
        return web.json_response({"backups": shown, "pagination": pagination})

    async def _backup(self, request: web.Request) -> web.Response:
        return web.json_response(self._store(request).backup(request.match_info["version"]))

    async def _restore(self, request: web.Request) -> web.Response:
        store, version = self._store(request), request.match_info["version"]
        answer = store.restore(version, self._scope.person, self._scope.now())
        did(f"restored {store.slug} from {version}")
        self._tell("global-config-backup-restored", f"restored {store.slug}")
        return web.json_response(answer)

    def _tell(self, kind: str, what: str) -> None:
        self._scope.project.tell(kind, what, self._scope.person, self._scope.now())
