"""The practice provider: a strict authorization server with pages, for people who try Bursar out."""

import contextlib
import json
import secrets
from typing import Any, Self
from urllib.parse import urlsplit

from ..clock import Clock
from ..home import Home
from . import pages
from .authorization import LOOPBACK
from .endpoints import Moment, as_json
from .http import Reply, Request
from .ledger import ANY, Ledger, RegisteredClient
from .people import human
from .provider import FakeProvider
from .words import WORDS, language

CLIENT = RegisteredClient("practice", "practice", ANY, email="practice@practice.example")
REQUESTS_KEPT = 100
PENDING_KEPT = 50
REFRESH_SECONDS = 30 * 24 * 3600.0


class PracticeProvider(FakeProvider):
    """One for a home, on 127.0.0.1 alone. Its port and its tokens survive a restart, in `practice.json` of the home.

    `port` None: the port it had before, or a free one where that is taken.
    """

    def __init__(self, home: Home, port: int | None = None, *, clock: Clock | None = None) -> None:
        self._home = home
        self._file = home.path / "practice.json"
        kept = self._kept()
        known = kept.get("port")
        self._movable = port is None
        super().__init__(
            clock=clock,
            port=port if port is not None else known if isinstance(known, int) else 0,
            clients=(CLIENT,),
        )
        self.any_public_client = True
        self.rules.refresh_lifetime = REFRESH_SECONDS
        self.rules.id_tokens = (
            False  # whose key signs them would be one thing more to explain; /userinfo says who it is
        )
        # Another version's file is no reason not to start: practice tokens are got anew in a minute.
        with contextlib.suppress(KeyError, TypeError, AttributeError):
            self.ledger = Ledger.from_json(kept["ledger"])
        self._written = ""
        self._key = secrets.token_urlsafe(16)
        self._pending: dict[str, dict[str, str]] = {}
        self._endpoints |= {"/": self._about, "/consent": self._consent, "/take-back": self._take_back}
        self._endpoints |= dict.fromkeys((f"/{name}" for name in pages.ASSETS), self._asset)

    def start(self) -> Self:
        """Listen and answer, in a thread. Raises OSError where the port that was asked for is taken."""
        try:
            super().start()
        except OSError:
            if not self._movable:
                raise
            self._wanted_port = 0
            super().start()
        self._changed()
        return self

    def _genuine(self, request: Request) -> Reply:
        # A name that leads to 127.0.0.1 by somebody else's DNS is not this provider.
        if urlsplit(f"//{request.headers.get('host', '')}").hostname not in LOOPBACK:
            return as_json(421, {"error": "misdirected", "error_description": "this answers on loopback names only"})
        return super()._genuine(request)

    def _authorize(self, request: Request, _moment: Moment) -> Reply:
        wanted = self.judge(request)
        if isinstance(wanted, Reply):
            if wanted.status != 400:
                return wanted
            told = json.loads(wanted.body)
            return pages.refused(told["error"], told["error_description"], _language(request))
        request_id = secrets.token_urlsafe(16)
        self._pending[request_id] = wanted
        for oldest in list(self._pending)[:-PENDING_KEPT]:
            del self._pending[oldest]
        return pages.consent(request_id, wanted, _language(request))

    def _consent(self, request: Request, moment: Moment) -> Reply:
        form = request.form
        wanted = self._pending.pop(form.get("request", ""), None) if request.method == "POST" else None
        if wanted is None:
            return _refused(request, "request_unknown", "answered")
        if form.get("decision") != "allow":
            return self.send_back(
                wanted,
                {"error": "access_denied", "error_description": "The person pressed Deny at the practice provider."},
            )
        chosen = form.get("lifetime", "")
        offered = {str(seconds): float(seconds) for seconds in pages.LIFETIMES}
        family = moment.ledger.consent(
            wanted["client_id"],
            wanted.get("scope", ""),
            human(form.get("person", "")),
            offered.get(chosen, moment.rules.access_lifetime),
        )
        return self.allow(wanted, family, moment)

    def _about(self, request: Request, moment: Moment) -> Reply:
        return pages.about(self.url, self._key, moment.ledger.families.values(), _language(request))

    def _asset(self, request: Request, _moment: Moment) -> Reply:
        return pages.asset(request.path.lstrip("/"))

    def _take_back(self, request: Request, moment: Moment) -> Reply:
        form = request.form
        if request.method != "POST" or not secrets.compare_digest(form.get("key", "").encode(), self._key.encode()):
            return _refused(request, "key_unknown", "older")
        if form.get("what") == "consents":
            for family in moment.ledger.families.values():
                family.revoked = True
        else:
            moment.ledger.end_access_tokens()
        return Reply(303, headers={"Location": "/"})

    def _changed(self) -> None:
        del self.requests[:-REQUESTS_KEPT]
        self.ledger.forget_ended(self._seconds())
        text = json.dumps({"port": self.port, "ledger": self.ledger.as_json()})
        if text != self._written:
            self._home.write_private(self._file, text)
            self._written = text

    def _kept(self) -> dict[str, Any]:
        try:
            found = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def _language(request: Request) -> str:
    return language(request.headers.get("accept-language", ""))


def _refused(request: Request, error: str, word: str) -> Reply:
    spoken = _language(request)
    return pages.refused(error, WORDS[word][spoken], spoken)
