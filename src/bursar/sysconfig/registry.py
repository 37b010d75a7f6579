"""Every setting there is, with its type, default and help, under the names administrators of OTRS and Znuny know."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ..errors import NotFound
from . import values


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `parse` gives the typed value of a text or raises InvalidInput; `normal` gives the text to store."""

    name: str
    type: str
    default: str
    help: str
    parse: Callable[[str], Any]
    normal: Callable[[str], str] = str.strip


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "FQDN",
        "host, with :port where it is not the usual one",
        "localhost:8085",
        "The name under which people and providers reach Bursar, as in bursar.example.org or localhost:8085. "
        "The redirect URI that you register at a provider is built from HttpType, FQDN and ScriptAlias. "
        "Until you set it, Bursar uses localhost and the port that `bursar serve` listens on.",
        values.parse_fqdn,
    ),
    Setting(
        "HandOut::SocketGroup",
        "group of this machine",
        "",
        "Whose members may take tokens from the socket `bursar.sock` in Bursar's home, besides root and the user who "
        "runs Bursar. Without it nobody else may. With it the home lets this group through to the socket and shows it "
        "nothing else. A change counts from the next start of `bursar serve` on.",
        values.parse_group,
    ),
    Setting(
        "HttpType",
        "http | https",
        "http",
        "How people reach Bursar. Set https as soon as anything but this machine does, by `bursar serve --tls-cert … "
        "--tls-key …` or behind a reverse proxy that speaks TLS. With https, cookies are Secure and bound to the host. "
        "Until you set it, Bursar uses https exactly while `bursar serve` itself speaks TLS.",
        values.parse_http_type,
        lambda text: text.strip().lower(),
    ),
    Setting(
        "MailAccount::IMAP::IdleConnections",
        "connections",
        "100",
        "For so many IMAP accounts a process keeps a connection on which the server tells of new mail at once (IDLE); "
        "the others wait for their interval. 0: none.",
        values.parse_idle_connections,
    ),
    Setting(
        "MailAccount::POP3::Auth::SplitOAuth2MethodAndToken::Hosts",
        "hosts, separated by semicolons",
        "outlook.office365.com;pop-mail.outlook.com",
        "POP3 servers that want `AUTH XOAUTH2` and the string with the token on two lines. A string that makes the one "
        "line longer than 255 octets is sent apart to every server.",
        values.parse_pop3_split_hosts,
    ),
    Setting(
        "Outbound::AllowedNetworks",
        "hosts, host:port or CIDRs, separated by commas",
        "",
        "In-house servers that Bursar may connect to, as in mail.example.internal,10.20.0.0/16,localhost:1143. Without "
        "an entry Bursar connects to public addresses only. A loopback address that is listed here may be used "
        "without TLS. Behind WebUserAgent::Proxy only the proxy's own address can be judged, and the port that is "
        "asked for.",
        values.parse_allowed_networks,
    ),
    Setting(
        "PostMaster::UntrustedHeaders",
        "beginnings of header names, separated by commas",
        "X-OTRS-,X-Znuny-",
        "Headers that steer a ticket system. Bursar removes those that begin so from the mail of every account that is "
        "not trusted, before it is delivered. Empty: none are removed.",
        values.parse_header_prefixes,
    ),
    Setting(
        "PostMasterMaxEmailSize",
        "kilobytes",
        "16384",
        "Larger messages are named in the log, skipped, and left on the server.",
        values.parse_largest_mail,
    ),
    Setting(
        "PostMasterReconnectMessage",
        "messages",
        "5000",
        "After so many messages a run closes its connection properly and goes on over a new one; 0: never. A POP3 "
        "server deletes only then. Znuny's 20 works too, and makes large mailboxes slow.",
        values.parse_reconnect,
    ),
    Setting(
        "ScriptAlias",
        "path",
        "otrs/",
        "The path below which the OAuth2 callback answers: <HttpType>://<FQDN>/<ScriptAlias>/get-oauth2-token-by-"
        "authorization-code.pl. Slashes around it do not matter; it may be empty. Keep otrs/ where application "
        "registrations of an OTRS or Znuny are to go on working.",
        values.parse_script_alias,
        values.parse_script_alias,
    ),
    Setting(
        "TrustedProxies",
        "CIDRs, separated by commas",
        "",
        "The addresses of the reverse proxies before Bursar, as in 127.0.0.1/32,::1/128. Only from them does Bursar "
        "believe X-Forwarded-For, which names the address of a browser. No link is ever built from what a proxy says.",
        values.parse_networks,
    ),
    Setting(
        "WebService::Log::Bodies",
        "all | failed | none",
        "all",
        "Of which calls of web services the log keeps what was sent and answered, 16 kB of each, beside addresses, "
        "headers and errors. Only administrators see it. Secrets are taken out before; what people write in mail and "
        "tickets is in it.",
        values.parse_log_bodies,
        lambda text: text.strip().lower(),
    ),
    Setting(
        "WebUserAgent::NoProxy",
        "hosts, separated by semicolons",
        "",
        "Hosts that Bursar reaches without WebUserAgent::Proxy, as in localhost;mail.example.internal.",
        values.parse_no_proxy,
    ),
    Setting(
        "WebUserAgent::Proxy",
        "http://host:port",
        "",
        "The proxy through which Bursar reaches providers, as in http://proxy.example.internal:3128. The proxy "
        "variables of the environment do not count. Behind a proxy Bursar cannot see a provider's address and judges "
        "only the proxy's own, which Outbound::AllowedNetworks has to list where it is not public.",
        values.parse_proxy,
    ),
    Setting(
        "WebUserAgent::Timeout",
        "seconds",
        "15",
        "How long one request to a provider may take, from connecting to the last byte, in seconds (1 to 600).",
        values.parse_timeout,
    ),
)

_BY_NAME = {each.name: each for each in SETTINGS}


def setting(name: str) -> Setting:
    """The setting of that name. Raises NotFound, which names similar ones."""
    found = _BY_NAME.get(name)
    if found is not None:
        return found
    lowered = {known.lower(): known for known in _BY_NAME}
    lowered |= {known.lower().rpartition("::")[2]: known for known in _BY_NAME}
    near = dict.fromkeys(lowered[match] for match in difflib.get_close_matches(name.lower(), lowered, n=3, cutoff=0.5))
    raise NotFound(
        f"There is no setting {name}.",
        code="setting_unknown",
        action=f"Did you mean {' or '.join(near)}?" if near else "`bursar setting list` shows all of them.",
    )


def matching(pattern: str | None) -> list[Setting]:
    """The settings whose name or help contains `pattern`, or whose name matches it as a glob; all for None."""
    if not pattern:
        return list(SETTINGS)
    wanted = pattern.lower()
    if any(sign in wanted for sign in "*?["):
        return [each for each in SETTINGS if fnmatchcase(each.name.lower(), wanted)]
    return [each for each in SETTINGS if wanted in each.name.lower() or wanted in each.help.lower()]
