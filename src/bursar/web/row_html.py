"""One row of the overview as HTML, put together in one go.

A page of fifty rows has a thousand parts, and a template spends more on finding each than all of them take here.
Whatever comes from outside goes through `escape`; what doesn't is this module's own, or a number.
"""

from collections import Counter
from html import escape

from django.utils.translation import gettext as _

from ..sentences import said
from ..tokens.overview import TokenView
from .icons import icon_html
from .names import user_icon, users_words
from .rows import Row
from .steps import Step
from .wording import code_marked, moment_html


def row_html(row: Row, is_admin: bool, csrf_token: str) -> str:
    """The `<tr>` of one token; what changes something is in it for administrators alone."""
    view, stands = row.view, row.standing
    name, level, word = escape(view.reference), escape(stands.level), escape(stands.word)
    provider = f"{escape(view.provider)} · {escape(row.flow)}"
    access = _("Access token")
    return (
        f'<tr role="row" id="t-{escape(view.id)}" class="row-{level}" data-level="{level}" data-name="{name}"'
        f' data-word="{word}">'
        f"{_tick(view.id, name) if is_admin else ''}"
        f'<th role="rowheader" scope="row" class="c-name"><a class="name" href="/tokens/{escape(view.id)}">'
        f'{_name(view)}</a><span class="under">{provider}</span></th>'
        f'<td role="cell" class="c-provider">{provider}</td>'
        f'<td role="cell" class="c-state">{_state(row, level, word)}</td>'
        f'<td role="cell" class="c-access"><span class="caption">{access} </span>{_access(row)}</td>'
        f'<td role="cell" class="c-refresh">{_refresh(row)}</td>'
        f'<td role="cell" class="c-users">{_users(view)}</td>'
        f'<td role="cell" class="c-step">{_steps(row, name, csrf_token) if is_admin else ""}</td></tr>'
    )


def _tick(token_id: str, name: str) -> str:
    words = escape(_("Tick %(name)s")) % {"name": name}
    return (
        f'<td role="cell" class="c-tick"><input type="checkbox" class="row-tick" name="id" value="{escape(token_id)}"'
        f' form="ticked" autocomplete="off" aria-label="{words}"></td>'
    )


def _name(view: TokenView) -> str:
    return escape(view.name) + (f' <span class="label">#{escape(view.label)}</span>' if view.label else "")


def _state(row: Row, level: str, word: str) -> str:
    stands = row.standing
    beside = f' <span class="beside">{escape(stands.beside)}</span>' if stands.beside else ""
    reason = f'<span class="reason">{code_marked(said(stands.reason))}</span>' if stands.reason else ""
    return f'<span class="state {level}">{icon_html(stands.icon)}<span>{word}</span></span>{beside}{reason}'


def _access(row: Row) -> str:
    view = row.view
    if view.expires_at is None or not view.has_access_token:
        return f'<span class="none">{escape(row.access)}</span>'
    return moment_html(view.expires_at, row.access) + _life(row.share)


def _life(share: int | None) -> str:
    """The share of an access token's life that is left, as a bar; nothing where it has none."""
    if share is None:
        return ""
    return (
        f'<svg class="life" width="60" height="3" role="img" aria-label="{_life_words(share)}">'
        '<rect class="whole" width="100%" height="3" rx="1.5"/>'
        f'<rect class="left" width="{share}%" height="3" rx="1.5"/></svg>'
    )


def _life_words(share: int) -> str:
    return escape(_("%(share)d %% of its life left") % {"share": share})


def _refresh(row: Row) -> str:
    ends, found = row.view.refresh_expires_at, ""
    if row.refresh:
        found = moment_html(ends, row.refresh) if ends else f'<span class="none">{escape(row.refresh)}</span>'
    return found + (f'<span class="secret">{escape(row.secret)}</span>' if row.secret else "")


def _users(view: TokenView) -> str:
    if not view.used_by:
        return '<span class="none">' + escape(_("nobody")) + "</span>"
    words = escape(users_words(view.used_by))
    kinds = "".join(
        f'<span class="kind">{icon_html(icon)}{count}</span> '
        for icon, count in Counter(map(user_icon, view.used_by)).items()
    )
    return f'<span title="{words}">{kinds}<span class="visually-hidden"> ({words})</span></span>'


def _steps(row: Row, name: str, csrf_token: str) -> str:
    """The row's one button, and the menu with everything else in one form."""
    token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{escape(csrf_token)}">'
    button = "" if row.step is None else _button(row.step, name, token)
    entries = "".join([_entry(step, name) for step in row.more])
    more = escape(_("More for %(name)s")) % {"name": name}
    return (
        f'{button}<details class="more drop"><summary aria-label="{more}">{icon_html("dots-vertical")}</summary>'
        f'<form class="sheet" method="post">{token}{entries}</form></details>'
    )


def _button(step: Step, name: str, token: str) -> str:
    verb, action = escape(step.verb), escape(step.action)
    if step.method == "get":
        return f'<a class="step btn {step.look}" href="{action}" aria-label="{verb}: {name}">{verb}</a>'
    return (
        f'<form class="step" method="post" action="{action}" hx-post="{action}" hx-swap="none"'
        f' hx-disabled-elt="find button">{token}'
        f'<button class="btn {step.look}" aria-label="{verb}: {name}">{verb}</button></form>'
    )


def _entry(step: Step, name: str) -> str:
    verb, action = escape(step.verb), escape(step.action)
    if step.method == "get":
        return f'<a class="btn entry" href="{action}" aria-label="{verb}: {name}">{verb}</a>'
    return (
        f'<button class="btn entry" formaction="{action}" hx-post="{action}" hx-swap="none" hx-disabled-elt="this"'
        f' aria-label="{verb}: {name}">{verb}</button>'
    )
