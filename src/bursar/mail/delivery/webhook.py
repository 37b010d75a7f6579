"""An address gets the message by POST, as it is (`message/rfc822`), signed as the Standard Webhooks specification says.

`webhook-id` is the delivery id: a receiver that has seen it answers 2xx and does nothing. 2xx is delivered; 408, 425,
429, 5xx and the network's troubles are tried again, here and in later runs; everything else is a refusal for good.
"""

import base64
import hmac
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import quote

from ...context import Context
from ...keyring import Secret
from ...oauth2.retry_after import seconds_until
from ...outbound import OutboundFailed, OutboundRefused
from .destination import Failure, Parcel
from .one_by_one import Closed
from .spec import WebhookSpec

SigningSecret = Callable[[], Secret]

PREFIX = "whsec_"
SECRET_BYTES = 32
SECONDS = 60.0
ANSWER_LIMIT = 64 * 1024
PAUSES = (1.0, 4.0)
LONGEST_PAUSE = 20.0
_AGAIN = frozenset({408, 425, 429})


class Webhook:
    """Posts to the address of `spec`."""

    def __init__(self, ctx: Context, spec: WebhookSpec, secret: SigningSecret) -> None:
        self._ctx = ctx
        self._url = spec.url
        self._secret = secret
        self._key: bytes | None = None

    def prepare(self) -> None:
        self._signing_key()

    def hand(self, parcel: Parcel) -> Failure | None:
        failure: Failure | None = None
        for pause in (*PAUSES, None):
            failure, wanted = self._post(parcel)
            if failure is None or failure.permanent or pause is None or (wanted or 0) > LONGEST_PAUSE:
                break
            if self._ctx.stop.wait(pause if wanted is None else wanted):
                break
        return failure

    def close(self) -> None:
        """Nothing is kept open."""

    def _post(self, parcel: Parcel) -> tuple[Failure | None, float | None]:
        """What became of one try, and the seconds that the other side asks to wait."""
        try:
            answer = self._ctx.door.http(
                "POST", self._url, headers=self._headers(parcel), body=parcel.body, timeout=SECONDS, limit=ANSWER_LIMIT
            )
        except OutboundRefused as problem:
            raise Closed(f"{problem.sentence} {problem.action}".strip()) from None
        except OutboundFailed as problem:
            return Failure(problem.sentence.rstrip("."), blocked=True, doubtful=True), None
        if 200 <= answer.status < 300:
            return None, None
        words = f"the webhook answers {answer.status}"
        if answer.status in _AGAIN or answer.status >= 500:
            wanted = seconds_until(answer.headers.get("retry-after"), self._ctx.clock.now())
            return Failure(words, blocked=True), wanted
        return Failure(words, permanent=True), None

    def _headers(self, parcel: Parcel) -> dict[str, str]:
        moment = str(int(self._ctx.clock.now().timestamp()))
        signed = f"{parcel.id}.{moment}.".encode() + parcel.body
        signature = base64.b64encode(hmac.digest(self._signing_key(), signed, sha256)).decode()
        return {
            "Content-Type": "message/rfc822",
            "webhook-id": parcel.id,
            "webhook-timestamp": moment,
            "webhook-signature": f"v1,{signature}",
            "bursar-recipient": quote(parcel.recipient, safe="@+"),
        }

    def _signing_key(self) -> bytes:
        if self._key is None:
            self._key = base64.b64decode(self._secret().reveal().removeprefix(PREFIX))
        return self._key
