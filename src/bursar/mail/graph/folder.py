"""A folder by its path, as people see it: `Inbox/Tickets`. Names don't differ by case, and may hold slashes."""

from collections.abc import Iterator
from typing import Any

from ..dialogue import CommandRefused
from . import explain
from .client import Graph

PAGE = 100
DEEPEST = 10
MOST = 2000
_QUERY = f"?includeHiddenFolders=true&$top={PAGE}&$select=id,displayName,childFolderCount"


class Folders:
    """The mailbox's folders, asked for as they are needed."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def find(self, path: str) -> dict[str, Any] | None:
        """The folder's id and counts. Raises what the mailbox's refusal means; None where there is no such folder."""
        if path.casefold() == "inbox":
            return self.read("inbox")  # a well-known name, whatever the mailbox calls it
        found = self._below("", path, DEEPEST)
        return self.read(found) if found is not None else None

    def read(self, folder: str) -> dict[str, Any]:
        """A folder with its counts, by id or well-known name."""
        url = f"{self._graph.mailbox}/mailFolders/{folder}?$select=id,displayName,totalItemCount"
        answer = self._graph.request("GET", url)
        if answer.status != 200:
            raise self._graph.refused(answer)
        return self._graph.read(answer, "GET")

    def make(self, path: str) -> str:
        """The folder's id; it and what is missing above it are made."""
        found = self._below("", path, DEEPEST)
        if found is not None:
            return found
        parent = ""
        for name in path.split("/"):
            child = self._below(parent, name, 0)
            parent = child or str(self._graph.post(self._list(parent), {"displayName": name})["id"])
        return parent

    def paths(self) -> list[str]:
        """All paths, sorted, as far as there are not very many."""
        return sorted(self._walk("", "", DEEPEST))[:MOST]

    def _below(self, parent: str, rest: str, depth: int) -> str | None:
        wanted = rest.casefold()
        deeper: list[tuple[str, str]] = []
        for folder in self._children(parent):
            name = str(folder.get("displayName", "")).casefold()
            if name == wanted:
                return str(folder["id"])
            if name and wanted.startswith((f"{name}/", f"{name}.")):
                deeper.append((str(folder["id"]), rest[len(name) + 1 :]))
        found = (self._below(folder, left, depth - 1) for folder, left in deeper if depth > 0)
        return next((folder for folder in found if folder is not None), None)

    def _walk(self, parent: str, above: str, depth: int) -> Iterator[str]:
        for folder in self._children(parent):
            path = f"{above}{folder.get('displayName', '')}"
            yield path
            if depth > 0 and folder.get("childFolderCount"):
                yield from self._walk(str(folder["id"]), f"{path}/", depth - 1)

    def _children(self, parent: str) -> Iterator[dict[str, Any]]:
        url: str | None = self._list(parent) + _QUERY
        while url:
            answer = self._graph.request("GET", url)
            if answer.status != 200:
                if parent:
                    raise CommandRefused("mailFolders", explain.words(answer))
                raise self._graph.refused(answer)
            page = self._graph.read(answer, "GET")
            yield from page.get("value", [])
            url = page.get("@odata.nextLink")

    def _list(self, parent: str) -> str:
        return f"{self._graph.mailbox}/mailFolders" + (f"/{parent}/childFolders" if parent else "")
