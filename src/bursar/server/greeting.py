"""What a server checks and says when it starts."""

import contextlib
import json
import ssl
from collections.abc import Iterator
from pathlib import Path

from ..access import setup
from ..context import Context
from ..errors import InvalidInput
from ..home import Home
from .listen import Listen


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


@contextlib.contextmanager
def practising(home: Home) -> Iterator[int]:
    """The practice provider, while it runs; gives its port, which stays the same for a home."""
    from ..testing.practice import PracticeProvider

    kept = home.path / "practice.json"
    try:
        wanted = int(json.loads(kept.read_text())["port"])
    except (OSError, ValueError, KeyError, TypeError):
        wanted = 0
    port = Listen("127.0.0.1", wanted).claimed().port
    if port != wanted:
        home.write_private(kept, json.dumps({"port": port}) + "\n")
    provider = PracticeProvider(home, port)
    provider.start()
    try:
        yield port
    finally:
        provider.stop()


def lines(ctx: Context, listen: Listen, practice_port: int | None) -> list[str]:
    """What a person should know now: where the pages are, the first step, and what is not safe."""
    base = ctx.settings.base_url()
    said = [f"Bursar serves {base}/ (listening on {listen})."]
    if ctx.settings.text("HttpType") == "http" and not (listen.is_loopback and _is_local(ctx.settings.text("FQDN"))):
        said.append(
            "WARNING: HttpType is http, so passwords and tokens cross the network in the clear. "
            "Serve with --tls-cert and --tls-key, or behind a reverse proxy that speaks TLS, "
            "and then run: bursar setting set HttpType https"
        )
    if practice_port:
        said.append(
            f"PRACTICE: a provider to practise with runs on http://localhost:{practice_port}/, for this machine alone. "
            "It asks for no password. Do not use it for anything real."
        )
    if setup.is_needed():
        said.append("There is no administrator yet. Open this link once to set a password:")
        said.append(f"  {base}/setup/{setup.new_setup_link(ctx)}")
    return said


def _is_local(fqdn: str) -> bool:
    return Listen.parse(fqdn if _has_port(fqdn) else f"{fqdn}:80").is_loopback


def _has_port(fqdn: str) -> bool:
    return ":" in fqdn.rpartition("]")[2]
