"""`FakeProvider`: an authorization server in a thread, strict by default, and as wrong as a script wants it."""

import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from http.client import HTTPConnection
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from ..clock import Clock, SystemClock
from . import authorization, endpoints
from .endpoints import Moment, ProtocolError, Rules, as_json
from .http import Reply, Request, Server
from .ledger import Family, Ledger, RegisteredClient
from .people import Human, human
from .script import Manner, Script

TOKEN_PATH = "/token"  # noqa: S105 - a path
CLIENTS = (
    RegisteredClient("client", "secret", email="client@practice.example"),
    RegisteredClient("basic", "secret", "client_secret_basic", email="basic@practice.example"),
    RegisteredClient("odd", "p@ss:w+rd/%20=&x ?", "client_secret_basic", email="odd@practice.example"),
    RegisteredClient("public", authentication="none"),
    RegisteredClient("introspector", "introspector-secret", "client_secret_basic"),
)


class FakeProvider:
    """Rotating, reuse-detecting, scriptable, on 127.0.0.1; use it as a context manager or with start() and stop().

    `requests` lists all that came in. `rules` may be changed while it runs. The authorization endpoint consents at once
    as `person` (`auto`); a subclass shows pages instead.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        clients: tuple[RegisteredClient, ...] = CLIENTS,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.rules = Rules()
        self.clients = {client.client_id: client for client in clients}
        self.any_public_client = False
        self.requests: list[Request] = []
        self.person: Human = human("support@practice.example")
        self.refuse_consent = ""  # an error code such as access_denied, instead of a code
        self.ledger = Ledger()
        self._wanted_port = port
        self._tls = tls
        self._scripts: defaultdict[str, deque[Script]] = defaultdict(deque)
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._endpoints: dict[str, Callable[[Request, Moment], Reply]] = {
            "/authorize": self._authorize,
            TOKEN_PATH: self._token,
            "/revoke": self._revoke,
            "/introspect": self._introspect,
            "/userinfo": self._userinfo,
            "/echo": self._echo,
            "/.well-known/openid-configuration": self._metadata,
        }

    # -- running --------------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Listen and answer, in a thread. Raises OSError where the port is taken."""
        self._stopping = threading.Event()
        self._server = Server(self._wanted_port, self._answer, self._seconds, self._stopping, self._tls)
        self._wanted_port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True, name="fake-provider"
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Refuse connections from now on; tokens and port stay for another start()."""
        if self._server is None or self._thread is None:
            return
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- addresses ------------------------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        return self._wanted_port

    @property
    def url(self) -> str:
        """The issuer, and what every endpoint's address begins with."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    issuer = url

    @property
    def authorization_url(self) -> str:
        return self.url + "/authorize"

    @property
    def token_url(self) -> str:
        return self.url + TOKEN_PATH

    @property
    def revocation_url(self) -> str:
        return self.url + "/revoke"

    @property
    def introspection_url(self) -> str:
        return self.url + "/introspect"

    @property
    def userinfo_url(self) -> str:
        return self.url + "/userinfo"

    @property
    def echo_url(self) -> str:
        return self.url + "/echo"

    # -- for the test ---------------------------------------------------------------------------------------------

    def register(self, client: RegisteredClient) -> RegisteredClient:
        self.clients[client.client_id] = client
        return client

    def script(self, *turns: Script, path: str = TOKEN_PATH) -> None:
        """What the next requests to `path` get, one turn each; afterwards the provider behaves again."""
        with self._lock:
            self._scripts[path].extend(turns)

    def forget_scripts(self) -> None:
        """Behave again at once, whatever was scripted and not used up."""
        with self._lock:
            self._scripts.clear()

    def requests_to(self, path: str) -> list[Request]:
        with self._lock:
            return [request for request in self.requests if request.path == path]

    def token_requests(self, grant_type: str = "") -> list[Request]:
        """The requests to the token endpoint, of one grant type or of all."""
        found = self.requests_to(TOKEN_PATH)
        return [r for r in found if not grant_type or r.form.get("grant_type") == grant_type]

    @property
    def refreshes(self) -> int:
        """How often a refresh succeeded."""
        with self._lock:
            return sum(family.refreshes for family in self.ledger.families.values())

    @property
    def family_revoked(self) -> bool:
        """Whether any consent was taken back: by reuse, by revocation or by `revoke_person`."""
        with self._lock:
            return any(family.revoked for family in self.ledger.families.values())

    def revoke_person(self, email: str) -> None:
        """As if this person had withdrawn their consent at the provider."""
        with self._lock:
            for family in self.ledger.families.values():
                family.revoked = family.revoked or family.email == email
            self._changed()

    def end_access_tokens(self) -> None:
        """Let every access token end now, without the client's knowing."""
        with self._lock:
            self.ledger.end_access_tokens()
            self._changed()

    def issue(
        self, email: str = "", *, client_id: str = "client", scope: str = "mail", lifetime: float | None = None
    ) -> tuple[str, str]:
        """An access and a refresh token without any ceremony."""
        with self._lock:
            who = human(email) if email else self.person
            family = self.ledger.consent(client_id, scope, who, lifetime or self.rules.access_lifetime)
            now = self._seconds()
            pair = (
                self.ledger.issue_access(family, now),
                self.ledger.issue_refresh(family, now, self.rules.refresh_lifetime),
            )
            self._changed()
            return pair

    def sign_in(self, authorization_url: str, email: str = "") -> str:
        """Visit `authorization_url` as a browser would, consent, and return the address it is sent back to."""
        if email:
            self.person = human(email)
        target = urlsplit(authorization_url)
        browser = HTTPConnection(target.netloc, timeout=10)
        try:
            browser.request("GET", urlunsplit(target._replace(scheme="", netloc="")))
            answer = browser.getresponse()
            page = answer.read().decode()
        finally:
            browser.close()
        location = answer.headers.get("Location")
        if location is None:
            raise ValueError(f"the provider showed this instead of going on: {page}")
        return location

    # -- answering ------------------------------------------------------------------------------------------------

    def _seconds(self) -> float:
        return self.clock.now().timestamp()

    def _moment(self) -> Moment:
        return Moment(self.ledger, self.rules, self.issuer, self._seconds())

    def _changed(self) -> None:
        """Called under the lock whenever the ledger may have changed."""

    def _answer(self, request: Request) -> tuple[Reply | None, Script | None]:
        with self._lock:
            self.requests.append(request)
            turns = self._scripts[request.path]
            script = turns.popleft() if turns else None
            if script and script.manner in (Manner.HANG, Manner.CLOSE):
                return None, script
            if script and script.manner in (Manner.ANSWER, Manner.DRIP):
                return Reply(script.status, script.body, script.headers), script
            reply = self._genuine(request)
            self._changed()
            return reply, script

    def _genuine(self, request: Request) -> Reply:
        endpoint = self._endpoints.get(request.path)
        if endpoint is None:
            return as_json(404, {"error": "not_found"})
        try:
            return endpoint(request, self._moment())
        except ProtocolError as problem:
            return problem.reply

    def _client(self, request: Request) -> RegisteredClient:
        return endpoints.client_of(request, self.clients, any_public=self.any_public_client)

    def _token(self, request: Request, moment: Moment) -> Reply:
        if request.method != "POST":
            raise ProtocolError("invalid_request", "the token endpoint takes POST only", 405)
        names = [name for name, _ in request.members]
        if len(names) != len(set(names)):
            raise ProtocolError("invalid_request", "a parameter is there twice")
        return endpoints.token(moment, self._client(request), request.form)

    def _revoke(self, request: Request, moment: Moment) -> Reply:
        return endpoints.revoke(moment, self._client(request), request.form.get("token", ""))

    def _introspect(self, request: Request, moment: Moment) -> Reply:
        self._client(request)
        return endpoints.introspect(moment, request.form.get("token", ""))

    def _userinfo(self, request: Request, moment: Moment) -> Reply:
        family = endpoints.bearer_family(moment, request)
        return as_json(200, {"sub": family.subject, "email": family.email, "name": family.name})

    def _echo(self, request: Request, moment: Moment) -> Reply:
        family = endpoints.bearer_family(moment, request)
        return as_json(200, {"who": family.email, "client_id": family.client_id, "scope": family.scope})

    def _metadata(self, _request: Request, _moment: Moment) -> Reply:
        return as_json(
            200,
            {
                "issuer": self.issuer,
                "authorization_endpoint": self.authorization_url,
                "token_endpoint": self.token_url,
                "revocation_endpoint": self.revocation_url,
                "introspection_endpoint": self.introspection_url,
                "userinfo_endpoint": self.userinfo_url,
                "authorization_response_iss_parameter_supported": self.rules.send_iss,
                "code_challenge_methods_supported": ["S256"],
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            },
        )

    def _authorize(self, request: Request, moment: Moment) -> Reply:
        wanted = self.judge(request)
        if isinstance(wanted, Reply):
            return wanted
        if self.refuse_consent:
            return self.send_back(wanted, {"error": self.refuse_consent})
        family = self.ledger.consent(
            wanted["client_id"], wanted.get("scope", ""), self.person, self.rules.access_lifetime
        )
        return self.allow(wanted, family, moment)

    def judge(self, request: Request) -> dict[str, str] | Reply:
        """The parameters of a sound authorization request, else the answer that refuses it."""
        wanted = authorization.judge(request, self.clients, self.rules, any_public=self.any_public_client)
        if isinstance(wanted, authorization.Unsound):
            return self.send_back(wanted.parameters, wanted.error)
        return wanted

    def allow(self, wanted: dict[str, str], family: Family, moment: Moment) -> Reply:
        """The redirect that carries the code."""
        code = self.ledger.issue_code(
            family,
            wanted["redirect_uri"],
            wanted.get("code_challenge", ""),
            wanted.get("nonce", ""),
            moment.now,
        )
        return self.send_back(wanted, {"code": code})

    def send_back(self, wanted: dict[str, str], answer: dict[str, str]) -> Reply:
        """A redirect to the client with `answer`, its state, and `iss` (RFC 9207) where the rules say so."""
        return authorization.send_back(wanted, answer, self.issuer if self.rules.send_iss else "")
