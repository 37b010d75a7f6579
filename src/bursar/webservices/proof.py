"""What a call proves itself with: nothing, Basic, or the token, which is asked for anew once when it is refused."""

import base64
from collections.abc import Mapping

from ..context import Context
from ..keyring import Secret
from ..outbound import ClientCertificate
from ..tokens import obtain
from ..tokens.outcome import Obtained, Refusal
from ..uses import Consumer
from .models import WebService
from .request import merged
from .service import TOKEN_PLACES, Authentication, Service
from .services import client_key_of, password_of

MIN_TTL = 30.0  # seconds a token should still live when a call begins


class Proof:
    """The proof of one call. `secrets` is everything that the log must not hold."""

    def __init__(self, ctx: Context, row: WebService, service: Service) -> None:
        self._ctx = ctx
        self._service = service
        self._by = Consumer("webservice", row.id, row.name)
        self._row = row
        self._token: Obtained | None = None
        self.renewed = False
        self.secrets: set[str] = set()

    def client(self) -> ClientCertificate | None:
        """The client certificate with its key. Raises PersonMustAct where the key doesn't open."""
        key = client_key_of(self._ctx, self._row) if self._service.client_certificate else None
        if key is None:
            return None
        self.secrets.add(key.reveal().strip())
        return ClientCertificate(self._service.client_certificate, key.reveal())

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers with the proof. Raises what the refusal of a token says: then nothing may be sent."""
        match self._service.authentication:
            case Authentication.NONE:
                return dict(headers)
            case Authentication.BASIC:
                return merged(headers, {"Authorization": self._basic()})
        token = self._access_token().reveal()
        filled = {name: _filled(value, token) for name, value in headers.items()}
        if self._service.authentication is Authentication.OAUTH2:
            return merged(filled, {"Authorization": f"Bearer {token}"})
        name, _, value = self._service.header_template.partition(":")
        return merged(filled, {name.strip(): _filled(value.strip(), token)})

    def refused(self) -> bool:
        """The service refused the token: True if there is another one to try, which is so once at most (SEC-57)."""
        if self._token is None or self.renewed:
            return False
        before = self._token.sha256
        self.renewed = True
        self._accept(obtain.reject(self._ctx, self._service.token, before, self._by))
        return self._token.sha256 != before

    def _access_token(self) -> Secret:
        if self._token is None:
            self._accept(obtain.obtain(self._ctx, self._service.token, MIN_TTL, self._by))
        assert self._token is not None
        return self._token.access_token

    def _accept(self, answer: Obtained | Refusal) -> None:
        if isinstance(answer, Refusal):
            raise answer.as_error()
        self._token = answer
        self.secrets.add(answer.access_token.reveal())

    def _basic(self) -> str:
        password = password_of(self._ctx, self._row)
        plain = password.reveal() if password else ""
        packed = base64.b64encode(f"{self._service.user}:{plain}".encode()).decode()
        self.secrets |= {plain, packed}
        return f"Basic {packed}"


def _filled(value: str, token: str) -> str:
    for place in TOKEN_PLACES:
        value = value.replace(place, token)
    return value
