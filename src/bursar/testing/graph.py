"""`FakeGraph`: Microsoft Graph's mail as its documentation describes it, on this machine.

It pages with `@odata.nextLink` (by `$skip`, so that a page moves up when messages go), throttles with `Retry-After`,
also beyond four requests at once, gives ids that change with the folder unless `ImmutableId` is preferred, ends tokens,
answers 404 for folders and mailboxes it doesn't know, and gives MIME at `$value`.
"""

import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from .graph_mailbox import FakeFolder, FakeMailbox, FakeMessage
from .http import Reply, Request, Server
from .script import Script

AT_ONCE = 4
LARGEST_PAGE = 1000
SIZE = "Integer 0xe08"


class GraphError(Exception):
    """An error answer as Graph writes it."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        body = {"error": {"code": code, "message": message, "innerError": {"request-id": "0"}}}
        self.reply = _json(status, body, headers or {})


class FakeGraph:
    """Use it as a context manager. `owner` says whose a token is, None where it is not (or no longer) good."""

    def __init__(self, owner: Callable[[str], str | None], tls: ssl.SSLContext | None = None) -> None:
        self.mailboxes: dict[str, FakeMailbox] = {}
        self.requests: list[Request] = []
        self.most_at_once = 0
        self.page = 10
        self.delay = 0.0  # seconds each request takes
        self._owner = owner
        self._tls = tls
        self._throttled: list[str] = []
        self._at_once = 0
        self._lock = threading.RLock()
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        self._server = Server(0, self._answer, time.time, self._stopping, self._tls)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    @property
    def connections(self) -> int:
        """How many were opened in all."""
        return self._server.connections

    def hang_up(self) -> None:
        """End every connection that is open, as a server does with those that rest."""
        self._server.hang_up()

    def mailbox(self, address: str) -> FakeMailbox:
        """That person's mailbox, made where it is missing."""
        return self.mailboxes.setdefault(address.lower(), FakeMailbox(address.lower()))

    def throttle(self, times: int, retry_after: str) -> None:
        """Refuse the next so many requests with 429 and this Retry-After."""
        self._throttled += [retry_after] * times

    def _answer(self, request: Request) -> tuple[Reply | None, Script | None]:
        with self._lock:
            self.requests.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            crowded = self._at_once > AT_ONCE
        try:
            self._stopping.wait(self.delay)
            with self._lock:
                return self._reply(request, crowded), None
        except GraphError as error:
            return error.reply, None
        finally:
            with self._lock:
                self._at_once -= 1

    def _reply(self, request: Request, crowded: bool) -> Reply:
        if crowded:
            raise GraphError(429, "ApplicationThrottled", "MailboxConcurrency limit.", {"Retry-After": "1"})
        if self._throttled:
            raise GraphError(429, "TooManyRequests", "Slow down.", {"Retry-After": self._throttled.pop(0)})
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        owner = self._owner(token) if scheme == "Bearer" else None
        if owner is None:
            raise GraphError(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
        words = [unquote(word) for word in request.path.split("/")[1:]]
        if words[:1] != ["v1.0"]:
            raise GraphError(400, "BadRequest", "Invalid version")
        if words[1:2] == ["me"]:
            address, rest = owner, words[2:]
        else:
            address, rest = words[2] if words[1:2] == ["users"] and len(words) > 2 else "", words[3:]
        mailbox = self.mailboxes.get(address.lower())
        if mailbox is None:
            raise GraphError(404, "ErrorInvalidUser", f"The requested user '{address}' is invalid.")
        if address.lower() != owner.lower():
            raise GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        return self._route(mailbox, request, rest)

    def _route(self, mailbox: FakeMailbox, request: Request, rest: list[str]) -> Reply:
        match (request.method, *rest):
            case ("GET", "mailFolders"):
                return self._folders(mailbox, "", request)
            case ("GET", "mailFolders", folder):
                return _json(200, _folder(mailbox, _known(mailbox, folder)))
            case ("POST", "mailFolders"):
                return _json(201, _folder(mailbox, mailbox.make_folder(_body(request)["displayName"])))
            case ("GET", "mailFolders", folder, "childFolders"):
                return self._folders(mailbox, _known(mailbox, folder).id, request)
            case ("POST", "mailFolders", folder, "childFolders"):
                parent = _known(mailbox, folder).id
                return _json(201, _folder(mailbox, mailbox.make_folder(_body(request)["displayName"], parent)))
            case ("GET", "mailFolders", folder, "messages"):
                found = mailbox.inside(_known(mailbox, folder))
                return self._page(request, [_message(mailbox, each, request) for each in found])
            case (method, "messages", wanted, *action):
                message = mailbox.message(wanted, immutable=_immutable(request))
                if message is None:
                    raise GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")
                return self._one(mailbox, message, request, method, action)
        raise GraphError(400, "BadRequest", "Resource not found for the segment.")

    def _one(
        self, mailbox: FakeMailbox, message: FakeMessage, request: Request, method: str, action: list[str]
    ) -> Reply:
        match (method, *action):
            case ("GET", "$value"):
                return Reply(200, message.body, {"Content-Type": "text/plain"})
            case ("GET",):
                return _json(200, _message(mailbox, message, request))
            case ("PATCH",):
                message.is_read = bool(_body(request).get("isRead", message.is_read))
                return _json(200, _message(mailbox, message, request))
            case ("DELETE",):
                message.folder = mailbox.folders["deleteditems"].id
                return Reply(204)
            case ("POST", "move"):
                message.folder = _known(mailbox, str(_body(request)["destinationId"])).id
                return _json(201, _message(mailbox, message, request))
        raise GraphError(400, "BadRequest", "Resource not found for the segment.")

    def _folders(self, mailbox: FakeMailbox, parent: str, request: Request) -> Reply:
        hidden = request.parameters.get("includeHiddenFolders") == "true"
        return self._page(request, [_folder(mailbox, each) for each in mailbox.children(parent, hidden=hidden)])

    def _page(self, request: Request, entries: list[dict[str, Any]]) -> Reply:
        asked = min(int(request.parameters.get("$top", 10)), LARGEST_PAGE, self.page)
        start = int(request.parameters.get("$skip", 0))
        page: dict[str, Any] = {"value": entries[start : start + asked]}
        if start + asked < len(entries):
            scheme = "http" if self._tls is None else "https"
            kept = [part for part in request.query.split("&") if not part.startswith("$skip=")]
            query = "&".join([*kept, f"$skip={start + asked}"])
            page["@odata.nextLink"] = f"{scheme}://{request.headers['host']}{request.path}?{query}"
        return _json(200, page)


def _known(mailbox: FakeMailbox, key: str) -> FakeFolder:
    found = mailbox.folder(key)
    if found is None:
        raise GraphError(404, "ErrorItemNotFound", "The specified folder could not be found in the store.")
    return found


def _folder(mailbox: FakeMailbox, folder: FakeFolder) -> dict[str, Any]:
    children = len(mailbox.children(folder.id, hidden=True))
    counts = {"childFolderCount": children, "totalItemCount": len(mailbox.inside(folder))}
    return {"id": folder.id, "displayName": folder.name, **counts}


def _message(mailbox: FakeMailbox, message: FakeMessage, request: Request) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": mailbox.id_of(message, immutable=_immutable(request)),
        "parentFolderId": message.folder,
        "isRead": message.is_read,
    }
    if "0x0e08" in request.parameters.get("$expand", "").lower():
        shown["singleValueExtendedProperties"] = [{"id": SIZE, "value": str(len(message.body))}]
    return shown


def _immutable(request: Request) -> bool:
    return 'idtype="immutableid"' in request.headers.get("prefer", "").lower()


def _body(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.body)
    return found


def _json(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})
