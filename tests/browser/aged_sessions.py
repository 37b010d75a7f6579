"""Makes every session ten minutes older, as another process: the password was confirmed too long ago (SEC-43)."""

from bursar import app

TEN_MINUTES = 600_000_000  # microseconds


def main() -> None:
    """`python -m tests.browser.aged_sessions` in `$BURSAR_HOME`."""
    app.boot()
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session

    for row in Session.objects.all():
        session = SessionStore(row.session_key)
        for key in ("signed_in_at", "password_confirmed_at"):
            if key in session:
                session[key] -= TEN_MINUTES
        session.save()
    app.context().storage.close()


if __name__ == "__main__":
    main()
