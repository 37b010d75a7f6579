"""What a server says when it starts."""

import contextlib
from collections.abc import Iterator

from ..access import setup
from ..context import Context
from ..home import Home
from .listen import Listen


@contextlib.contextmanager
def practising(home: Home) -> Iterator[int]:
    """The practice provider, while it runs; gives its port, which stays the same for a home."""
    from ..testing.practice import PracticeProvider

    with PracticeProvider(home) as provider:
        yield provider.port


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
