"""How a connection can fail: refused by our own rule (nothing was sent), or by the world (it may pass)."""

from ..errors import Refused, Temporary


class OutboundRefused(Refused):
    """Our own rules don't let this connection out. Codes: `address_refused`, `plaintext_refused`, `url_refused`."""

    default_code = "address_refused"


class OutboundFailed(Temporary):
    """The other side, or the way there, failed: `network_failed`, `tls_failed`, `answer_too_large`, `timeout`."""

    default_code = "network_failed"


class OutboundTimeout(OutboundFailed):
    """The deadline passed. It is total: a server that drips one byte a second gains nothing."""

    default_code = "timeout"
