"""The audit log: who did what when, by page or API, also where it was refused (SEC-65)."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router

from ..app import context
from ..askable import askable, words_of
from ..audit.log import Written, newest
from .auth import manager_of
from .paging import Limit, Offset, part
from .shapes import audit as shapes

router = Router(tags=["Audit log"])


@router.get("", response=shapes.AuditPage)
def list_entries(
    request: HttpRequest,
    limit: Limit = 50,
    offset: Offset = 0,
    search: Annotated[str, Query(max_length=200)] = "",
    outcome: Literal["done", "refused", "failed"] | None = None,
) -> Any:
    """The newest first. `search` looks at who, what, to what, and from where."""
    manager_of(request).check_all()
    found, total = newest(context(), offset, limit, words_of(askable(search)), outcome or "")
    return part(request, found, total, limit, offset, Written.as_json)
