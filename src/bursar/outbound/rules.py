"""What an administrator has said about connections out; asked anew for each of them."""

from dataclasses import dataclass

from .addresses import AllowedNetworks


@dataclass(frozen=True, slots=True)
class OutboundRules:
    """`timeout` is in seconds and total for an HTTP exchange; `no_proxy` lists hosts and domains reached directly."""

    allowed: AllowedNetworks
    proxy: str | None = None
    no_proxy: tuple[str, ...] = ()
    timeout: float = 15.0

    def proxy_for(self, host: str) -> str | None:
        """The proxy's address for this host; None where it is reached directly."""
        if self.proxy is None:
            return None
        host = host.lower().rstrip(".")
        for entry in self.no_proxy:
            suffix = entry.lower().strip().lstrip("*").lstrip(".")
            if suffix and (host == suffix or host.endswith("." + suffix)):
                return None
        return self.proxy
