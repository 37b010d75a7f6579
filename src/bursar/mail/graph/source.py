"""A mailbox at Microsoft Graph as a source of messages, four requests at a time (the limit for one mailbox)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import quote

from ...outbound import OutboundFailed
from ...testing.failpoints import failpoint
from .. import explain as mail_explain
from ..account import After, Afterwards
from ..dialogue import CommandRefused, ConnectionLost
from ..source import Opened
from . import explain
from .client import AT_ONCE, Graph
from .folder import Folders

PAGE = 100
SIZES_KEPT = 20_000
VERIFIED_A_RUN = 200
SIZE = "Integer 0x0E08"  # PidTagMessageSize (MS-OXPROPS 2.798); a message has no other size in Graph

T = TypeVar("T")


class GraphSource:
    """Ids that don't change when a message is moved within the mailbox (`ImmutableId`)."""

    idles = False
    highest = 0

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.folder: dict[str, Any] = {}
        self.shifts = False
        self._folders = Folders(graph)
        self._sizes: dict[str, int | None] = {}
        self._gone: set[str] = set()
        self._flying: dict[str, Future[bytes | int | None]] = {}
        self._target = ""
        self._verified = 0
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bursar-graph")

    def open(self, folder: str, *, read_only: bool) -> Opened:
        del read_only
        found = self._folders.find(folder)
        if found is None:
            raise mail_explain.folder_refused(folder, "there is no such folder", self._folders.paths())
        self.folder = found
        return Opened("", int(found.get("totalItemCount") or 0), True)

    def folders(self) -> list[str]:
        return self._folders.paths()

    def listing(self) -> Iterator[list[str]]:
        expand = quote(f"singleValueExtendedProperties($filter=id eq '{SIZE}')", safe="$()='")
        url: str | None = (
            f"{self.graph.mailbox}/mailFolders/{self.folder['id']}/messages"
            f"?$select=id&$orderby=receivedDateTime%20asc&$top={PAGE}&$expand={expand}"
        )
        self.shifts = False
        while url:
            page = self.graph.get(url)
            ids = []
            for entry in page.get("value", []):
                message = str(entry.get("id", ""))
                if message:
                    ids.append(message)
                    self._sizes[message] = _size(entry)
            while len(self._sizes) > SIZES_KEPT:
                del self._sizes[next(iter(self._sizes))]
            yield ids
            url = page.get("@odata.nextLink")

    def sizes(self, messages: Sequence[str]) -> dict[str, int | None]:
        return {message: self._sizes.get(message) for message in messages if message not in self._gone}

    def ahead(self, messages: Sequence[str], size: int, largest: int) -> None:
        del size
        for message in messages:
            if message not in self._flying:
                self._flying[message] = self._pool.submit(self._body, message, largest)

    def bodies(
        self, messages: Sequence[str], size: int, largest: int
    ) -> tuple[dict[str, bytes | int], Exception | None]:
        found: dict[str, bytes | int] = {}
        problem: Exception | None = None
        self.ahead(messages, size, largest)
        for message in messages:
            outcome: bytes | int | Exception | None
            try:
                outcome = self._flying.pop(message).result()
            except Exception as failure:  # noqa: BLE001 - of one message, judged below
                outcome = failure
            if isinstance(outcome, Exception):
                problem = outcome if problem is None or isinstance(problem, CommandRefused) else problem
            elif outcome is None:
                self._gone.add(message)
            else:
                found[message] = outcome
        if problem is not None and not isinstance(problem, CommandRefused | ConnectionLost | OutboundFailed):
            if found:
                return found, ConnectionLost(str(problem))
            raise problem
        return found, problem

    def settle(self, after: After, messages: Sequence[str], ours: Callable[[Collection[str]], bool]) -> Collection[str]:
        del ours
        if after.what is Afterwards.LEAVE:
            return messages
        if after.what is Afterwards.MOVE and not self._target:
            self._target = self._folders.make(after.folder)

        def one(message: str) -> bool:
            return self._settle(after, message)

        outcomes = self._four_at_a_time(one, messages)
        self.shifts = self.shifts or after.what in (Afterwards.DELETE, Afterwards.MOVE)
        failpoint("mail.settled")
        problems = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        if problems and not any(outcome is True for outcome in outcomes):
            raise problems[0]
        return [message for message, outcome in zip(messages, outcomes, strict=True) if outcome is True]

    def gone(self, messages: Sequence[str]) -> Collection[str]:
        """A listing that changes while it is read may skip a message, so each is asked for: some in every run."""
        some = messages[: max(0, VERIFIED_A_RUN - self._verified)]
        self._verified += len(some)
        outcomes = self._four_at_a_time(self._is_gone, some)
        return [message for message, outcome in zip(some, outcomes, strict=True) if outcome is True]

    def finish(self) -> Iterable[Collection[str]]:
        self.shutdown()
        return ()

    def shutdown(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self.graph.close()

    def describe(self, message: str) -> str:
        return message if len(message) <= 24 else f"{message[:8]}…{message[-12:]}"

    def _body(self, message: str, largest: int) -> bytes | int | None:
        expected = self._sizes.get(message) or 0
        try:
            answer = self.graph.request("GET", f"{self._message(message)}/$value", size=expected, limit=largest + 1)
        except OutboundFailed as failed:
            if failed.code == "answer_too_large":
                return largest + 1
            raise
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise CommandRefused("$value", explain.words(answer))
        return answer.body

    def _settle(self, after: After, message: str) -> bool:
        match after.what:
            case Afterwards.DELETE:
                answer = self.graph.request("DELETE", self._message(message))
            case Afterwards.MOVE:
                answer = self.graph.request("POST", f"{self._message(message)}/move", {"destinationId": self._target})
            case _:
                answer = self.graph.request("PATCH", self._message(message), {"isRead": True})
        if answer.status == 404 or 200 <= answer.status < 300:  # somebody else was faster: that is what was wanted
            return True
        raise CommandRefused(str(after.what), explain.words(answer))

    def _is_gone(self, message: str) -> bool:
        answer = self.graph.request("GET", f"{self._message(message)}?$select=id,parentFolderId")
        if answer.status == 404:
            return True
        return answer.status == 200 and self.graph.read(answer, "GET").get("parentFolderId") != self.folder["id"]

    def _message(self, message: str) -> str:
        return f"{self.graph.mailbox}/messages/{quote(message, safe='')}"

    def _four_at_a_time(self, job: Callable[[str], T], messages: Sequence[str]) -> list[T | Exception]:
        def caught(message: str) -> T | Exception:
            try:
                return job(message)
            except Exception as problem:  # noqa: BLE001 - handed back to the caller, one for each message
                return problem

        return list(self._pool.map(caught, messages))


def _size(entry: dict[str, Any]) -> int | None:
    for known in entry.get("singleValueExtendedProperties") or ():
        # Graph may write the tag without its leading zero.
        tag = str(known.get("id", "")).lower().replace("0x0", "0x")
        if tag == SIZE.lower().replace("0x0", "0x") and str(known.get("value", "")).isdigit():
            return int(known["value"])
    return None
