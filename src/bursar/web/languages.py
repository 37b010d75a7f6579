"""In which language a person reads: what they chose (a cookie), else what their browser asks for, else English."""

from django.conf import settings
from django.utils import translation

COOKIE: str = settings.LANGUAGE_COOKIE_NAME
NAMES: dict[str, str] = dict(settings.LANGUAGES)
YEAR = 365 * 86_400


def others() -> list[tuple[str, str]]:
    """Code and own name of every language but the present one."""
    now = translation.get_language()
    return [(code, name) for code, name in NAMES.items() if code != now]
