"""What a small authorization server has to remember: clients, consents, codes, tokens, and who used what twice."""

import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from .people import Human

CODE_SECONDS = 60.0
ANY = "any"


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client as registered. `authentication` is the one method it may use, or `any`.

    `email` is the account of a client that acts for itself (client credentials); empty: it has none.
    `redirect_uris` empty: any loopback address (RFC 8252 §7.3).
    """

    client_id: str
    secret: str = ""
    authentication: str = "client_secret_post"
    email: str = ""
    redirect_uris: tuple[str, ...] = ()


@dataclass(slots=True)
class Family:
    """All tokens that came from one consent (or one client-credentials request); it is revoked as a whole."""

    family_id: str
    client_id: str
    scope: str
    subject: str
    email: str
    name: str
    access_lifetime: float
    revoked: bool = False
    refreshes: int = 0


@dataclass(slots=True)
class Issued:
    """An access or a refresh token. `ends_at` is in seconds since 1970, 0 for one that does not end by itself."""

    family_id: str
    ends_at: float
    used: bool = False
    revoked: bool = False


@dataclass(slots=True)
class Code:
    """An authorization code (RFC 6749 §4.1.2), bound to client, redirect URI and PKCE challenge."""

    family_id: str
    redirect_uri: str
    challenge: str
    ends_at: float
    nonce: str = ""
    used: bool = False


@dataclass(slots=True)
class Ledger:
    """The whole memory. Holds no lock: the provider calls it under its own."""

    families: dict[str, Family] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, Issued] = field(default_factory=dict)
    refresh: dict[str, Issued] = field(default_factory=dict)

    def consent(self, client_id: str, scope: str, human: Human, access_lifetime: float) -> Family:
        family = Family(secrets.token_hex(8), client_id, scope, human.subject, human.email, human.name, access_lifetime)
        self.families[family.family_id] = family
        return family

    def issue_code(self, family: Family, redirect_uri: str, challenge: str, nonce: str, now: float) -> str:
        code = secrets.token_urlsafe(24)
        self.codes[code] = Code(family.family_id, redirect_uri, challenge, now + CODE_SECONDS, nonce)
        return code

    def issue_access(self, family: Family, now: float) -> str:
        token = "at." + secrets.token_urlsafe(24)
        self.access[token] = Issued(family.family_id, now + family.access_lifetime)
        return token

    def issue_refresh(self, family: Family, now: float, lifetime: float | None) -> str:
        token = "rt." + secrets.token_urlsafe(24)
        self.refresh[token] = Issued(family.family_id, now + lifetime if lifetime else 0.0)
        return token

    def family_of(self, issued: Issued | Code) -> Family:
        return self.families[issued.family_id]

    def usable(self, issued: Issued, now: float) -> bool:
        """Whether a token still counts: neither it nor its family revoked, not used up, not over."""
        ended = issued.ends_at and issued.ends_at <= now
        return not (ended or issued.used or issued.revoked or self.family_of(issued).revoked)

    def end_access_tokens(self) -> None:
        """Let every access token end now; refresh tokens stay."""
        for issued in self.access.values():
            issued.ends_at = 1.0

    def forget_ended(self, now: float) -> None:
        """Drop what can no longer matter, so that a memory that is kept in a file stays small."""
        self.codes = {k: c for k, c in self.codes.items() if c.ends_at > now}
        self.access = {k: t for k, t in self.access.items() if t.ends_at > now}
        self.refresh = {k: t for k, t in self.refresh.items() if not t.ends_at or t.ends_at > now}
        living = {i.family_id for kind in (self.access, self.refresh) for i in kind.values()}
        living |= {c.family_id for c in self.codes.values()}
        self.families = {k: f for k, f in self.families.items() if k in living}

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Ledger":
        """The memory that `as_json` wrote. Raises TypeError or KeyError where it is something else."""
        return cls(
            {k: Family(**v) for k, v in stored["families"].items()},
            {k: Code(**v) for k, v in stored["codes"].items()},
            {k: Issued(**v) for k, v in stored["access"].items()},
            {k: Issued(**v) for k, v in stored["refresh"].items()},
        )
