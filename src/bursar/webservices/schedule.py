"""When an invoker runs by itself: cron expressions, read in UTC."""

from datetime import UTC, datetime

from cronsim import CronSim, CronSimError


def is_cron(text: str) -> bool:
    """Whether these are five fields that a moment fits."""
    try:
        next(CronSim(text, datetime(2024, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration):
        return False
    return len(text.split()) == 5


def next_after(text: str, moment: datetime) -> datetime:
    """The first moment after `moment` that fits."""
    return next(CronSim(text, moment.astimezone(UTC)))
