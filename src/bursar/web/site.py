"""Where this Bursar is, as its system configuration says: read once a request, never taken from a header (SEC-4)."""

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from django.http import HttpRequest

from ..app import context
from ..sysconfig.values import Network, parse_networks

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Site:
    """HttpType, FQDN, ScriptAlias and TrustedProxies at the time of one request."""

    http_type: str
    fqdn: str
    callback_path: str
    trusted_proxies: tuple[Network, ...]

    @property
    def is_https(self) -> bool:
        return self.http_type == "https"

    @property
    def base_url(self) -> str:
        """`<HttpType>://<FQDN>`, no slash at its end."""
        return f"{self.http_type}://{self.fqdn}"

    @property
    def redirect_uri(self) -> str:
        """What is registered at every provider."""
        return self.base_url + self.callback_path

    @property
    def is_loopback(self) -> bool:
        """Nobody but this machine is meant to come here."""
        return host_name(self.fqdn) in LOOPBACK

    @property
    def is_exposed(self) -> bool:
        """Passwords and codes travel in clear: http on anything but loopback."""
        return not self.is_https and not self.is_loopback


def host_name(host: str) -> str:
    """The name in `host` or `host:port`, an IPv6 address without its brackets, lower case; empty for nonsense."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def read_site() -> Site:
    """The site as it is now. Raises Temporary where the database can't be read."""
    settings = context().settings
    texts = settings.texts(["HttpType", "FQDN", "TrustedProxies"])
    proxies = parse_networks(texts["TrustedProxies"])
    return Site(texts["HttpType"], texts["FQDN"], settings.script_alias_path(), proxies)


def site_of(request: HttpRequest) -> Site | None:
    """The request's site; None where trouble came before it was known."""
    return cast("Site | None", getattr(request, "bursar_site", None))


def keep_site(request: HttpRequest, site: Site) -> None:
    """Let `site_of` find it for the rest of the request."""
    request.bursar_site = site  # type: ignore[attr-defined]
