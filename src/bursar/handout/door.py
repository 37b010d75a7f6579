"""The HTTP door: bare ASGI in front of the pages, in the same process or in one of its own. Imports no Django.

    GET  /api/v1/tokens/{name}?min_ttl=SECONDS        a valid token
    POST /api/v1/tokens/{name}/refresh                the one after a token that a server refused
    GET  /api/v1/emailengine?account=…&proto=…        EmailEngine's "authentication server" call
    POST /api/v1/revoke-all                           stop everything

Every other address is handed on.
"""

import logging
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ..access.key_rules import Verb
from ..errors import BursarError
from ..problem import problem, problem_of
from ..sysconfig.proxies import client_address
from ..sysconfig.values import parse_networks
from ..uses import Consumer
from . import answers, request
from .answers import Answer
from .counter import Counter, Given
from .key import Key
from .ready import MICROS
from .request import Application, Malformed, Receive, Scope, Send
from .tries import Tries

PREFIX = b"/api/v1/tokens/"
PREFIX_LENGTH = len(PREFIX)
REFRESH = b"/refresh"
EMAILENGINE = b"/api/v1/emailengine"
REVOKE_ALL = b"/api/v1/revoke-all"
READING = ("GET", "HEAD")
ACCOUNT_TTL = 60.0  # seconds that a token for EmailEngine lives at least: it keeps none

if TYPE_CHECKING:
    from ..tokens.outcome import Refusal

log = logging.getLogger("bursar.handout")


class HttpDoor:
    """Answers what is its own, and hands everything else on to `behind`."""

    def __init__(self, counter: Counter, behind: Application) -> None:
        self._counter = counter
        self._behind = behind
        self._tries = Tries()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/v1/"):
            await self._behind(scope, receive, send)
            return
        try:
            quick = self._quick(scope)
            if quick is not None:
                await send(quick[0])
                await send(quick[1])
                return
            answer = await self._answer(scope, receive)
        except Malformed as malformed:
            answer = answers.invalid(str(malformed))
        except BursarError as error:
            answer = problem_of(error)
        except Exception as trouble:
            log.error("the door met something it did not expect: %s", type(trouble).__name__, exc_info=trouble)
            answer = problem(500, "unexpected", "Bursar met something it did not expect. The log says where.")
        if answer is None:
            await self._behind(scope, receive, send)
            return
        status, headers, body = answer
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _quick(self, scope: Scope) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The answer where all is in memory and right, which is almost always; None where `_answer` has to look."""
        path: bytes = scope["raw_path"]
        if scope["method"] != "GET" or scope["query_string"] or not path.startswith(PREFIX):
            return None
        segment = path[PREFIX_LENGTH:]
        reference = None if b"/" in segment else request.reference_of(segment)
        authorization = b""
        for name, value in scope["headers"]:
            if name == b"authorization":
                if authorization:
                    return None
                authorization = value
            elif name == b"x-forwarded-for":
                return None
        if reference is None or authorization[:7] != b"Bearer " or len(authorization) > request.LONGEST_KEY:
            return None
        found = self._counter.source.peek(sha256(authorization[7:]).digest(), reference)
        if found is None:
            return None
        key, ready = found
        now = self._counter.now()
        address = scope["client"][0]
        if not (key.is_good(now, address) and key.may_read and key.permits(reference) and ready.serves(now, 0.0)):
            return None
        ready.asked_at = now
        at = int(now * MICROS)
        tally = ready.tallies.get(key.id)
        if tally is None:
            tally = ready.tallies[key.id] = self._counter.tally(ready.token_id, key, at)
        tally.add(address, at)
        return ready.answer(now)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | None:
        path: bytes = scope["raw_path"]
        method: str = scope["method"]
        if path.startswith(PREFIX):
            segment = path[len(PREFIX) :]
            if b"/" not in segment and segment:
                return await self._get(scope, segment) if method in READING else answers.not_allowed("GET, HEAD")
            if segment.endswith(REFRESH) and segment.count(b"/") == 1 and len(segment) > len(REFRESH):
                if method != "POST":
                    return answers.not_allowed("POST")
                return await self._refused(scope, receive, segment[: -len(REFRESH)])
        elif path == EMAILENGINE:
            return await self._emailengine(scope) if method in READING else answers.not_allowed("GET, HEAD")
        elif path == REVOKE_ALL:
            return await self._revoke_all(scope) if method == "POST" else answers.not_allowed("POST")
        return None

    async def _get(self, scope: Scope, segment: bytes) -> Answer:
        query = request.query_of(scope) if scope.get("query_string") else {}
        if query and not request.FORBIDDEN.isdisjoint(name.lower() for name in query):
            return answers.KEY_IN_QUERY
        reference = request.reference_of(segment)
        digest = request.bearer_digest(scope)
        key, ready = await self._counter.source.current(digest, reference) if digest else (None, None)
        now = self._counter.now()
        address = await self._address(scope)
        if key is None or not key.is_good(now, address):
            return self._wrong_key(address, answers.UNAUTHORIZED)
        min_ttl = request.min_ttl_of(query) if query else 0.0
        if reference is None or not key.permits(reference):
            return answers.NOT_FOUND
        if not key.may(Verb.READ):
            return await self._verb_missing(reference, Verb.READ)
        if ready is not None and ready.serves(now, min_ttl):
            ready.asked_at = now
            self._counter.count(ready.token_id, "key", key.id, key.name, address, now)
            start, content = ready.answer(now)
            return 200, start["headers"], content["body"]
        return await self._long_way(reference, min_ttl, key, address)

    async def _long_way(self, reference: str, min_ttl: float, key: Key, address: str) -> Answer:
        found = await self._counter.get(reference, min_ttl, _consumer(key, address), None)
        return self._said(found)

    async def _refused(self, scope: Scope, receive: Receive, segment: bytes) -> Answer:
        query = request.query_of(scope)
        if not request.FORBIDDEN.isdisjoint(name.lower() for name in query):
            return answers.KEY_IN_QUERY
        reference = request.reference_of(segment)
        key, address = await self._keyed(request.bearer_digest(scope), scope)
        if key is None:
            return self._wrong_key(address, answers.UNAUTHORIZED)
        if reference is None or not key.permits(reference):
            return answers.NOT_FOUND
        if not key.may(Verb.REFRESH):
            return await self._verb_missing(reference, Verb.REFRESH)
        if query:
            raise Malformed("This address takes no query.")
        body = await request.body_of(receive)
        if body is None:
            return answers.BODY_TOO_LONG
        sha256 = request.rejected_of(body)
        return self._said(await self._counter.refused(reference, sha256, _consumer(key, address)))

    async def _emailengine(self, scope: Scope) -> Answer:
        query = request.query_of(scope)
        if not request.FORBIDDEN.isdisjoint(name.lower() for name in query):
            return answers.KEY_IN_QUERY
        key, address = await self._keyed(request.basic_digest(scope), scope)
        if key is None:
            return self._wrong_key(address, answers.UNAUTHORIZED_BASIC)
        if set(query) - {"account", "proto"} or not query.get("account"):
            raise Malformed("The query is account and proto.")
        account = await self._counter.source.account(query["account"])
        if account is None or not key.permits(account.reference):
            return answers.NOT_FOUND
        if not key.may(Verb.READ):
            return answers.verb_missing(Verb.READ)
        _, ready = await self._counter.source.current(None, account.reference)
        found = await self._counter.get(account.reference, ACCOUNT_TTL, _consumer(key, address), ready)
        if isinstance(found, Given):
            return answers.json_answer({"user": account.login, "accessToken": found.token})
        return answers.refusal_answer(found)

    async def _revoke_all(self, scope: Scope) -> Answer:
        key, address = await self._keyed(request.bearer_digest(scope), scope)
        if key is None:
            return self._wrong_key(address, answers.UNAUTHORIZED)
        if not key.may(Verb.MANAGE):
            return answers.verb_missing(Verb.MANAGE)
        if not key.rules.permits_all:
            return problem(403, "key_limited", "Only a key for all names (--allow '*') may stop everything.")
        return answers.json_answer(await self._counter.cold.revoke_all(f"key:{key.name}"))

    def _said(self, found: "Given | Refusal") -> Answer:
        if isinstance(found, Given):
            return answers.token_answer(found, self._counter.now())
        return answers.refusal_answer(found)

    async def _keyed(self, digest: bytes | None, scope: Scope) -> tuple[Key | None, str]:
        """The key where it is good, and the client's address."""
        address = await self._address(scope)
        if digest is None:
            return None, address
        key, _ = await self._counter.source.current(digest, None)
        return (key if key is not None and key.is_good(self._counter.now(), address) else None), address

    def _wrong_key(self, address: str, answer: Answer) -> Answer:
        now = time.monotonic()
        wait = self._tries.wait(address, now)
        if wait:
            return answers.too_many(wait)
        self._tries.failed(address, now)
        return answer

    async def _verb_missing(self, reference: str, verb: Verb) -> Answer:
        return answers.verb_missing(verb) if await self._counter.source.exists(reference) else answers.NOT_FOUND

    async def _address(self, scope: Scope) -> str:
        peer = scope["client"][0] if scope.get("client") else ""
        forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        if not forwarded:
            return str(peer)
        trusted = parse_networks(await self._counter.source.proxies())
        return client_address(str(peer), b",".join(forwarded).decode("latin-1"), trusted)


def _consumer(key: Key, address: str) -> Consumer:
    return Consumer("key", key.id, key.name, address)
