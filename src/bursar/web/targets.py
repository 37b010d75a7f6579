"""The origins that a page's "Authorize" buttons lead to, for its content security policy."""

import json
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from ..tokens.models import Configuration
from .notices import Notice
from .rows import Row

_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")


def targets_of(rows: Iterable[Row]) -> set[str]:
    """The providers' origins of those rows from which a person can leave."""
    return origins(
        {row.view.configuration_id for row in rows if any(step and step.leaves for step in (row.step, *row.more))}
    )


def targets_of_notices(notices: Iterable[Notice]) -> set[str]:
    """The same of the lines below the top menu; no query where none of them leads to a provider."""
    ids = {notice.configuration_id for notice in notices if notice.step is not None and notice.step.leaves}
    return origins(ids) if ids else set()


def origins(ids: Iterable[str]) -> set[str]:
    """The origins of these configurations' authorization endpoints."""
    documents = Configuration.objects.filter(id__in=list(ids)).values_list("document", flat=True)
    return {origin for document in documents if (origin := _origin(document))}


def _origin(document: str) -> str | None:
    try:
        url = urlsplit(json.loads(document)["Requests"]["AuthorizationCode"]["Request"]["URL"])
    except (KeyError, TypeError, ValueError):
        return None
    return origin_of(url.scheme, url.netloc)


def origin_of(scheme: str, netloc: str) -> str | None:
    """`scheme://host:port` if it is nothing else: it goes into a header."""
    origin = f"{scheme}://{netloc}".lower()
    return origin if _ORIGIN.fullmatch(origin) else None
