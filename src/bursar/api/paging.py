"""Lists in parts: `limit` and `offset`, and the address of the next part."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from django.http import HttpRequest
from ninja import Query

Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]


def part(
    request: HttpRequest, items: Sequence[Any], total: int, limit: int, offset: int, shown: Callable[[Any], Any]
) -> dict[str, Any]:
    """One part as it is answered; `items` are those of the part."""
    after = offset + limit
    query = request.GET.dict() | {"limit": str(limit), "offset": str(after)}
    following = f"{request.path}?{urlencode(query)}" if after < total else None
    return {"total": total, "next": following, "items": [shown(item) for item in items]}
