"""What a server process logs."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bursar.server import logs


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    written = io.StringIO()
    logs.configure(written)
    yield written
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def test_a_line_is_one_json_object_with_time_level_and_logger(logged: io.StringIO) -> None:
    logging.getLogger("bursar.scheduler").warning("a refresh waits: %s", "timeout")
    structlog.get_logger("bursar.x").info("done", name="Support ✓")
    first, second = map(json.loads, logged.getvalue().splitlines())
    assert first["event"] == "a refresh waits: timeout"
    assert (first["level"], first["logger"]) == ("warning", "bursar.scheduler")
    assert first["timestamp"].endswith("Z")
    assert second["name"] == "Support ✓"


def test_no_line_shows_a_code_a_state_or_a_one_time_link(logged: io.StringIO) -> None:
    """SEC-12, SEC-64."""
    log = logging.getLogger("django.request")
    log.warning("Not Found: %s", "/otrs/get-oauth2-token-by-authorization-code.pl?code=canary&state=canary")
    log.error("Internal Server Error: %s", "/setup/canary")
    log.error("at http://localhost/authorize/canary/ it ended", extra={"path": "/x?canary"})
    try:
        raise ValueError("GET /x?canary=1 failed")
    except ValueError:
        log.exception("bad")
    shown = logged.getvalue()
    assert "canary" not in shown
    assert "/setup/…" in shown
    assert "ValueError" in shown


def test_an_object_is_named_and_not_shown(logged: io.StringIO) -> None:
    """SEC-64."""

    class Holder:
        def __repr__(self) -> str:
            return "canary"

    structlog.get_logger("bursar.x").info("done", held=Holder())
    assert "canary" not in logged.getvalue()


def test_a_question_stays_a_question() -> None:
    assert logs.redact("Is it there? Yes.") == "Is it there? Yes."
    assert logs.redact("GET /x?a=b HTTP/1.1") == "GET /x?… HTTP/1.1"
