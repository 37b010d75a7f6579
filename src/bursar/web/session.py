"""The name of the browser's session, to which a consent is bound (SEC-7)."""

from django.http import HttpRequest


def session_key(request: HttpRequest) -> str:
    """The session's key on the server. A signed-in person always has one."""
    key = request.session.session_key
    assert key
    return str(key)
