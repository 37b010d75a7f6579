"""The certificate and key of a server that speaks TLS itself, tried out before it starts."""

import ssl
from pathlib import Path

from ..errors import InvalidInput


def tls_files(certificate: Path | None, key: Path | None) -> tuple[Path, Path] | None:
    """Both files, tried out; None for none. Raises InvalidInput for one alone, or for two that do not fit."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise InvalidInput("--tls-cert and --tls-key belong together.", action="Give both or neither.")
    try:
        # An empty password keeps OpenSSL from asking for one at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "reason", None) or getattr(problem, "strerror", None) or type(problem).__name__
        raise InvalidInput(
            f"The certificate {certificate} and the key {key} can't be used: {reason}.",
            action="Give the certificate chain and its unencrypted private key, both as PEM.",
        ) from None
    return certificate, key
