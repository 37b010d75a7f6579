"""Fetching an issuer's metadata through the door, and judging every address in it before anybody uses it (SEC-53)."""

from ..errors import InvalidInput, NotFound
from ..oauth2.metadata import Metadata, locations, parse_issuer, read_metadata
from ..outbound import Door

# The host that answers for every Microsoft tenant: its common issuers are patterns, so the tenant is asked for.
MICROSOFT = ("login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn")
COMMON = ("common", "organizations", "consumers", "{tenantid}", "")


def discover(door: Door, issuer: str, *, tenant: str = "") -> Metadata:
    """The metadata of this issuer, right now. `tenant` is put into a Microsoft issuer that has none.

    Raises InvalidInput (see `read_metadata`; `tenant_missing`), NotFound (`metadata_missing`), OutboundRefused for an
    address inside, OutboundFailed where the network fails.
    """
    url = parse_issuer(with_tenant(issuer, tenant))
    statuses = []
    for location in locations(url):
        answer = door.http("GET", location, headers={"Accept": "application/json"})
        if answer.status == 200:
            found = read_metadata(answer.body, str(url))
            for endpoint in found.endpoints().values():
                door.judge_url(str(endpoint))
            return found
        statuses.append(answer.status)
    raise NotFound(
        f"{url.host} tells nothing of itself for this issuer (status {', '.join(map(str, dict.fromkeys(statuses)))}).",
        code="metadata_missing",
        action="Check the issuer, or add the provider by hand.",
    )


def wants_tenant(issuer: str) -> bool:
    """Whether this is a Microsoft issuer that stands for all tenants."""
    try:
        url = parse_issuer(issuer.replace("{tenantid}", "common"))
    except InvalidInput:
        return False
    return url.host in MICROSOFT and _tenant_of(str(url)) in COMMON


def with_tenant(issuer: str, tenant: str) -> str:
    """The issuer of one tenant. Raises InvalidInput (`tenant_missing`) where it stands for all, and none is given."""
    if not wants_tenant(issuer):
        return issuer
    tenant = tenant.strip()
    if (
        not tenant
        or tenant in COMMON
        or not all(sign.isascii() and (sign.isalnum() or sign in ".-") for sign in tenant)
    ):
        raise InvalidInput(
            "This Microsoft issuer stands for all tenants.",
            code="tenant_missing",
            action="Give the Directory (tenant) ID, which the application's Overview shows.",
        )
    host = parse_issuer(issuer.replace("{tenantid}", "common")).host
    return f"https://{host}/{tenant}/v2.0"


def _tenant_of(url: str) -> str:
    return url.split("/")[3] if url.count("/") > 2 else ""
