"""One JSON object a line on standard error for everything that a server logs. No line carries a secret address.

Nothing logs requests: their paths may be one-time links. What a library logs of a request loses the query
string and the one-time part of a path here (SEC-12, SEC-64).
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

_QUERY = re.compile(r"(?<=[\w/.%-])\?[^\s\"'<>]+")
_ONE_TIME = re.compile(r"/(setup|authorize)/[^\s\"'?<>/]+")


def configure(stream: TextIO | None = None) -> None:
    """Send the standard library's logging, and structlog's, to standard error (or `stream`) as JSON."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redacted,
            structlog.processors.JSONRenderer(default=_named, ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # At DEBUG it would write whole contexts of templates, with what people typed (SEC-64).
    logging.getLogger("django.template").setLevel(logging.INFO)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def redacted(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Take query strings and one-time links out of every text of a log event."""
    return {name: redact(value) if isinstance(value, str) else value for name, value in event.items()}


def redact(text: str) -> str:
    """The text without query strings (`/page?…`) and without the secret part of `/setup/…` and `/authorize/…`."""
    return _ONE_TIME.sub(r"/\1/…", _QUERY.sub("?…", text))


def _named(value: Any) -> str:
    # An object is named, never shown: its repr may hold what it was made of.
    return f"<{type(value).__name__}>"
