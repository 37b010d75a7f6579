"""When a token's access token was valid and when there was none, as far as its past is known. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .detail import TokenDetail
from .history import REVOKED

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `begins` to `ends` there was a token, or a run of `count` tokens one after the other."""

    begins: datetime
    ends: datetime
    count: int = 1


def stretches_of(detail: TokenDetail) -> list[Stretch]:
    """When there was a valid token, as far as is known: what was granted, cut short by what came next or ended it."""
    found = [
        Stretch(call.started_at if call.count > 1 else call.until or call.started_at, ends, call.count)
        for call in detail.calls
        if call.outcome == "granted" and (ends := call.expires_at or call.until) is not None
    ]
    view = detail.view
    issued, ends_at = view.issued_at, view.expires_at
    if view.has_access_token and issued is not None and ends_at is not None:
        known = any(abs(each.ends - ends_at) < SECOND for each in found)
        found += [] if known else [Stretch(issued, ends_at)]
    found.sort(key=lambda each: each.begins)
    cuts = [event.at for event in detail.events if event.kind == REVOKED]
    cut = []
    for place, each in enumerate(found):
        following = [other.begins for other in found[place + 1 : place + 2]]
        ends = min([each.ends, *following, *(at for at in cuts if at >= each.begins)])
        cut.append(Stretch(each.begins, max(each.begins, ends), each.count))
    return cut


def gaps_of(stretches: Sequence[Stretch], now: datetime) -> list[tuple[datetime, datetime | None]]:
    """From when to when there was no token between two, or there is none now (None); trifles left out."""
    gaps: list[tuple[datetime, datetime | None]] = []
    for place, each in enumerate(stretches):
        following = stretches[place + 1].begins if place + 1 < len(stretches) else None
        if following is None:
            if each.ends <= now:
                gaps.append((each.ends, None))
        elif following - each.ends > SECOND:
            gaps.append((each.ends, following))
    return gaps
