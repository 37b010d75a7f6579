"""The practice provider's pages: filled templates under a policy that allows nothing but their own style sheet.

`language` is `words.ENGLISH` or `words.GERMAN`; German templates lie in `templates/de`.
"""

from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from .http import Reply
from .ledger import Family
from .people import PEOPLE
from .words import GERMAN, WORDS

TEMPLATES = Path(__file__).parent / "templates"
ASSETS = {"practice.css": "text/css; charset=utf-8", "practice-mark.svg": "image/svg+xml"}
LIFETIMES = (120, 3600)  # seconds; the first is chosen unless the person chooses
_FRAME = (("provider", "about"), ("banner", "banner"))
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{}; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def asset(name: str) -> Reply:
    """The style sheet or the mark."""
    return Reply(200, _text(name).encode(), _headers(ASSETS[name], ""))


def consent(request_id: str, wanted: dict[str, str], language: str) -> Reply:
    """Who signs in, what is asked for, and two buttons."""
    back = urlsplit(wanted["redirect_uri"])
    people = (_choice("person", known.email, known.name, known.email, checked=known is PEOPLE[0]) for known in PEOPLE)
    lifetimes = (
        _choice(
            "lifetime",
            str(seconds),
            WORDS[f"{seconds}"][language],
            WORDS[f"{seconds} why"][language],
            checked=seconds == LIFETIMES[0],
        )
        for seconds in LIFETIMES
    )
    content = _filled(
        _in(language, "practice-consent.html"),
        people="\n".join(people),
        lifetimes="\n".join(lifetimes),
        request=escape(request_id),
        client_id=escape(wanted["client_id"]),
        scope=escape(wanted.get("scope") or WORDS["no scope"][language]),
        redirect_uri=escape(wanted["redirect_uri"]),
    )
    # The answer to the form is a redirect to the application: form-action has to admit that origin too.
    return _page("sign_in", content, language, form_action=f"{back.scheme}://{back.netloc}")


def about(url: str, key: str, families: Iterable[Family], language: str) -> Reply:
    """What this is, commands to copy, and the consents given so far."""
    rows = [
        f"<tr><td>{escape(f.name)}</td><td><code>{escape(f.client_id)}</code></td>"
        f"<td>{_times(f.refreshes, language)}</td><td>{WORDS['revoked' if f.revoked else 'alive'][language]}</td></tr>"
        for f in families
    ]
    heads = "".join(f"<th>{WORDS[word][language]}</th>" for word in ("who", "application", "refreshed", "state"))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    consents = table if rows else f'<p class="lead">{WORDS["none yet"][language]}</p>'
    content = _filled(_in(language, "practice-about.html"), url=escape(url), key=escape(key), consents=consents)
    return _page("about", content, language, width="wide")


def refused(error: str, detail: str, language: str) -> Reply:
    """An authorization request that can't be answered by a redirect (RFC 6749 §4.1.2.1)."""
    detail = detail or WORDS["nothing given"][language]
    content = _filled(_in(language, "practice-refused.html"), error=escape(error), detail=escape(detail))
    return _page("refused", content, language, status=400)


def _choice(name: str, value: str, title: str, detail: str, *, checked: bool) -> str:
    mark = " checked" if checked else ""
    return (
        f'<label class="choice"><input type="radio" name="{name}" value="{escape(value)}"{mark}>'
        f"<span><b>{escape(title)}</b><span>{escape(detail)}</span></span></label>"
    )


def _times(count: int, language: str) -> str:
    word = {0: "not yet", 1: "once", 2: "twice"}.get(count, "times")
    return WORDS[word][language].format(count)


def _in(language: str, name: str) -> str:
    return f"{language}/{name}" if language == GERMAN else name


def _page(
    title: str, content: str, language: str, *, status: int = 200, width: str = "", form_action: str = ""
) -> Reply:
    words = {name: escape(WORDS[word][language]) for name, word in _FRAME} | {"title": escape(WORDS[title][language])}
    body = _filled("practice-frame.html", content=content, width=width, language=language, **words)
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
