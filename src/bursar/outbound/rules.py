"""What an administrator has said about connections out; asked anew for each of them."""

from dataclasses import dataclass

from .addresses import AllowedNetworks


@dataclass(frozen=True, slots=True)
class OutboundRules:
    """`timeout` is in seconds and total for an HTTP exchange; `no_proxy` lists hosts and domains reached directly.

    `setting` is the text of Outbound::AllowedNetworks as it stands, which a refusal repeats; `allowed` may admit more
    for a while, such as the practice provider that runs just now. None: `allowed` is all there is.
    """

    allowed: AllowedNetworks
    proxy: str | None = None
    no_proxy: tuple[str, ...] = ()
    timeout: float = 15.0
    setting: str | None = None

    def with_entry(self, entry: str) -> str:
        """The value of the setting that admits `entry` too and keeps what is there."""
        present = str(self.allowed) if self.setting is None else self.setting.strip()
        return f"{present},{entry}" if present else entry

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
