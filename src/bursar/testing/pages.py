"""The practice provider's pages: filled templates under a policy that allows nothing but their own style sheet."""

from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from .http import Reply
from .ledger import Family
from .people import PEOPLE

TEMPLATES = Path(__file__).parent / "templates"
ASSETS = {"practice.css": "text/css; charset=utf-8", "practice-mark.svg": "image/svg+xml"}
LIFETIMES = ((120, "2 minutes", "watch it being refreshed"), (3600, "1 hour", "as most providers have it"))
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{}; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def asset(name: str) -> Reply:
    """The style sheet or the mark."""
    return Reply(200, _text(name).encode(), _headers(ASSETS[name], ""))


def consent(request_id: str, wanted: dict[str, str]) -> Reply:
    """Who signs in, what is asked for, and two buttons."""
    back = urlsplit(wanted["redirect_uri"])
    people = (_choice("person", known.email, known.name, known.email, checked=known is PEOPLE[0]) for known in PEOPLE)
    lifetimes = (
        _choice("lifetime", str(seconds), words, why, checked=seconds == LIFETIMES[0][0])
        for seconds, words, why in LIFETIMES
    )
    content = _filled(
        "practice-consent.html",
        people="\n".join(people),
        lifetimes="\n".join(lifetimes),
        request=escape(request_id),
        client_id=escape(wanted["client_id"]),
        scope=escape(wanted.get("scope") or "nothing in particular"),
        redirect_uri=escape(wanted["redirect_uri"]),
    )
    # The answer to the form is a redirect to the application: form-action has to admit that origin too.
    return _page("Sign in: practice provider", content, form_action=f"{back.scheme}://{back.netloc}")


def about(url: str, key: str, families: Iterable[Family]) -> Reply:
    """What this is, commands to copy, and the consents given so far."""
    rows = [
        f"<tr><td>{escape(f.name)}</td><td><code>{escape(f.client_id)}</code></td>"
        f"<td>{_times(f.refreshes)}</td><td>{'revoked' if f.revoked else 'alive'}</td></tr>"
        for f in families
    ]
    table = (
        "<table><thead><tr><th>Who</th><th>Application</th><th>Refreshed</th><th>State</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
    none = '<p class="lead">None yet.</p>'
    content = _filled("practice-about.html", url=escape(url), key=escape(key), consents=table if rows else none)
    return _page("Practice provider", content, width="wide")


def refused(error: str, detail: str) -> Reply:
    """An authorization request that can't be answered by a redirect (RFC 6749 §4.1.2.1)."""
    content = _filled("practice-refused.html", error=escape(error), detail=escape(detail or "(nothing given)"))
    return _page("Refused: practice provider", content, status=400)


def _choice(name: str, value: str, title: str, detail: str, *, checked: bool) -> str:
    mark = " checked" if checked else ""
    return (
        f'<label class="choice"><input type="radio" name="{name}" value="{escape(value)}"{mark}>'
        f"<span><b>{escape(title)}</b><span>{escape(detail)}</span></span></label>"
    )


def _times(count: int) -> str:
    return {0: "not yet", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _page(title: str, content: str, *, status: int = 200, width: str = "", form_action: str = "") -> Reply:
    body = _filled("practice-frame.html", title=escape(title), content=content, width=width)
    return Reply(status, body.encode(), _headers("text/html; charset=utf-8", form_action))


def _headers(content_type: str, form_action: str) -> dict[str, str]:
    return {
        "Content-Type": content_type,
        "Content-Security-Policy": POLICY.format(f" {form_action}" if form_action else ""),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


def _filled(name: str, **values: str) -> str:
    return Template(_text(name)).substitute(values)


@cache
def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")
