"""How the text of a setting becomes a value. Each function raises InvalidInput with the rule that was broken."""

import grp
import ipaddress
import math
import re
from urllib.parse import urlsplit

from ..errors import InvalidInput
from ..outbound import AllowedNetworks

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

TIMEOUT_LOW, TIMEOUT_HIGH = 1.0, 600.0
_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_HOST = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_SECONDS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_ALIAS = re.compile(r"[A-Za-z0-9._~/-]*")


def parse_http_type(text: str) -> str:
    """`http` or `https`."""
    value = text.strip().lower()
    if value not in ("http", "https"):
        raise InvalidInput(f"HttpType: must be http or https, not {text!r}.")
    return value


def parse_log_bodies(text: str) -> str:
    """`all`, `failed` or `none`."""
    value = text.strip().lower()
    if value not in ("all", "failed", "none"):
        raise InvalidInput(f"WebService::Log::Bodies: must be all, failed or none, not {text!r}.")
    return value


def parse_fqdn(text: str) -> str:
    """A host name or IP address, with `:port` where wanted; an IPv6 address stands in brackets."""
    value = text.strip()
    match = re.fullmatch(r"(?P<host>\[[^\]]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?", value)
    if match is None or not _is_host(match["host"]) or not _is_port(match["port"]):
        raise InvalidInput(
            f"FQDN: must be a host name, with :port where wanted, not {text!r}.",
            action="Give it as in bursar.example.org or localhost:8085, without http:// and without a path.",
        )
    return value


def parse_script_alias(text: str) -> str:
    """The path with exactly one slash behind it and none in front; empty stays empty."""
    value = re.sub(r"/{2,}", "/", text.strip()).strip("/")
    if not _ALIAS.fullmatch(value) or any(part in (".", "..") for part in value.split("/")):
        raise InvalidInput("ScriptAlias: may contain only letters, digits and . _ ~ - /, and no part . or .. alone.")
    return value + "/" if value else ""


def parse_group(text: str) -> str:
    """The name of a group that this machine knows, empty for none."""
    value = text.strip()
    try:
        if value:
            grp.getgrnam(value)
    except KeyError:
        raise InvalidInput(
            f"HandOut::SocketGroup: there is no group {value!r} on this machine.",
            action="`getent group` lists them.",
        ) from None
    return value


def parse_timeout(text: str) -> float:
    """Seconds, 1 to 600."""
    value = float(text) if _SECONDS.fullmatch(text.strip()) else math.nan
    if not TIMEOUT_LOW <= value <= TIMEOUT_HIGH:
        raise InvalidInput(f"WebUserAgent::Timeout: must be a number of seconds from 1 to 600, not {text!r}.")
    return value


def parse_proxy(text: str) -> str | None:
    """`http://host:port`, None for empty. A user name and password are not taken: settings are shown to people."""
    value = text.strip()
    if not value:
        return None
    try:
        url = urlsplit(value)
        usable = url.scheme == "http" and _is_host(url.hostname or "") and url.path in ("", "/") and url.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in value or "?" in value or "#" in value:
        raise InvalidInput("WebUserAgent::Proxy: must be http://host:port, without user name, password or path.")
    return value.rstrip("/")


def parse_no_proxy(text: str) -> tuple[str, ...]:
    """Host names, separated by semicolons."""
    hosts = tuple(host.strip() for host in text.split(";") if host.strip())
    for host in hosts:
        if not _is_host(host.removeprefix(".")):
            raise InvalidInput(f"WebUserAgent::NoProxy: {host!r} is not a host name.")
    return hosts


def parse_pop3_split_hosts(text: str) -> tuple[str, ...]:
    """Host names in lower case, separated by semicolons or commas."""
    hosts = tuple(host.strip().lower() for host in text.replace(",", ";").split(";") if host.strip())
    for host in hosts:
        if not _is_host(host):
            raise InvalidInput(
                f"MailAccount::POP3::Auth::SplitOAuth2MethodAndToken::Hosts: {host!r} is not a host name."
            )
    return hosts


def parse_header_prefixes(text: str) -> tuple[str, ...]:
    """Beginnings of header field names (RFC 5322 §2.2), separated by commas."""
    prefixes = tuple(prefix.strip() for prefix in text.split(",") if prefix.strip())
    for prefix in prefixes:
        if not re.fullmatch(r"[!-9;-~]{2,100}", prefix):
            raise InvalidInput(f"PostMaster::UntrustedHeaders: {prefix!r} is not the beginning of a header's name.")
    return prefixes


def parse_largest_mail(text: str) -> int:
    """Kilobytes, 1 to 1,048,576 (a gigabyte)."""
    return _whole(text, "PostMasterMaxEmailSize", 1, 1 << 20, "kilobytes")


def parse_idle_connections(text: str) -> int:
    """Connections, 0 to 1,000."""
    return _whole(text, "MailAccount::IMAP::IdleConnections", 0, 1000, "connections")


def parse_reconnect(text: str) -> int:
    """Messages, 0 to 1,000,000."""
    return _whole(text, "PostMasterReconnectMessage", 0, 1_000_000, "messages")


def parse_networks(text: str) -> tuple[Network, ...]:
    """CIDRs or single addresses, separated by commas."""
    networks = []
    for part in (part.strip() for part in text.split(",")):
        if not part:
            continue
        try:
            networks.append(ipaddress.ip_network(part))
        except ValueError:
            raise InvalidInput(
                f"TrustedProxies: {part!r} is not an address or a CIDR such as 10.0.0.0/8.",
            ) from None
    return tuple(networks)


def parse_allowed_networks(text: str) -> AllowedNetworks:
    """Hosts, host:port or CIDRs, separated by commas."""
    return AllowedNetworks.parse(text)


def _whole(text: str, name: str, low: int, high: int, unit: str) -> int:
    value = text.strip()
    if not (value.isascii() and value.isdigit() and len(value) < 10 and low <= int(value) <= high):
        raise InvalidInput(f"{name}: must be a whole number of {unit} from {low} to {high}, not {text!r}.")
    return int(value)


def _is_host(text: str) -> bool:
    bare = text.removeprefix("[").removesuffix("]")
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        looks_like_address = re.fullmatch(r"[0-9.]+", text) is not None
        return not looks_like_address and len(text) <= 253 and _HOST.fullmatch(text) is not None
    return address.version == 4 or "%" not in bare


def _is_port(text: str | None) -> bool:
    return text is None or 0 < int(text) < 65536
