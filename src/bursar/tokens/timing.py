"""When: pure functions from a token's dates to the next thing to do. All durations are in seconds. No Django here."""

from datetime import datetime, timedelta

DEFAULT_MARGIN = 300.0
LONGEST_LIFETIME = 10 * 365 * 86_400.0
FIRST_RETRY = 5.0
LONGEST_RETRY = 900.0
LONGEST_RETRY_AFTER = 86_400.0


def lifetime_of(expires_in: float | None, assumed: float) -> tuple[float, bool]:
    """How long a token lives, and whether that is assumed: absent or unreadable is not `never` (SEC-21)."""
    if expires_in is None or not expires_in > 0:
        return assumed, True
    return min(expires_in, LONGEST_LIFETIME), False


def margin(lifetime: float, wanted: float | None) -> float:
    """How long before its end a token is refreshed: the smaller of 300 s and a tenth of its life, or what is
    configured, but never more than half of its life, or a short-lived token would be refreshed without end."""
    if wanted is None:
        return min(DEFAULT_MARGIN, lifetime / 10)
    return min(wanted, lifetime / 2)


def refresh_at(issued: datetime, expires: datetime, wanted: float | None, jitter: float) -> datetime:
    """When to refresh; `jitter` from 0 to 1 spreads tokens of one hour over a fifth of the margin."""
    before = margin((expires - issued).total_seconds(), wanted)
    return expires - timedelta(seconds=before * (1 + jitter / 5))


def retry_delay(failures: int, retry_after: float | None, jitter: float) -> float:
    """Seconds to the next attempt after `failures` in a row: doubling, at most a quarter of an hour, with jitter.

    A Retry-After (RFC 9110 §10.2.3) is honoured up to a day; there is no giving up on transient trouble (SEC-28).
    """
    doubled = min(LONGEST_RETRY, FIRST_RETRY * 2.0 ** min(failures - 1, 20))
    delay = doubled * (0.75 + jitter / 2)
    if retry_after is None:
        return delay
    return max(delay, min(retry_after, LONGEST_RETRY_AFTER))


def is_fresh(issued: datetime, expires: datetime, now: datetime) -> bool:
    """In the first half of its life: asking the provider again could bring nothing that lives much longer."""
    return now < issued + (expires - issued) / 2
