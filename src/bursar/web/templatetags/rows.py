"""The parts of a row that come by the hundred: made here in one go, since a page of fifty rows has five hundred."""

from django import template
from django.template.context import RequestContext
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..assets import address
from ..rows import Row
from ..steps import Step

register = template.Library()


@register.simple_tag
def tick(row: Row) -> SafeString:
    """The box that ticks a row."""
    return format_html(
        '<input type="checkbox" class="row-tick" name="id" value="{}" form="ticked" autocomplete="off"'
        ' aria-label="{}">',
        row.view.id,
        _("Tick %(name)s") % {"name": row.view.reference},
    )


@register.simple_tag
def life(row: Row) -> SafeString:
    """The share of an access token's life that is left, as a bar; nothing where it has none."""
    if row.share is None:
        return SafeString("")
    return format_html(
        '<svg class="life" width="60" height="3" role="img" aria-label="{}">'
        '<rect class="whole" width="100%" height="3" rx="1.5"/>'
        '<rect class="left" width="{}%" height="3" rx="1.5"/></svg>',
        _("%(share)d %% of its life left") % {"share": row.share},
        row.share,
    )


@register.simple_tag(takes_context=True)
def row_steps(context: RequestContext, row: Row) -> SafeString:
    """The row's one button, and the menu with everything else in one form."""
    token = format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', context["csrf_token"])
    button = SafeString("") if row.step is None else _button(row.step, row.view.reference, token)
    entries = format_html_join("", "{}", ((_entry(step, row.view.reference),) for step in row.more))
    return format_html(
        '{}<details class="more drop"><summary aria-label="{}"><svg class="icon" width="20" height="20"'
        ' aria-hidden="true"><use href="{}#dots-vertical"/></svg></summary>'
        '<form class="sheet" method="post">{}{}</form></details>',
        button,
        _("More for %(name)s") % {"name": row.view.reference},
        address("icons.svg"),
        token,
        entries,
    )


def _button(step: Step, name: str, token: SafeString) -> SafeString:
    words = f"{step.verb}: {name}"
    if step.method == "get":
        link = '<a class="step btn {}" href="{}" aria-label="{}">{}</a>'
        return format_html(link, step.look, step.action, words, step.verb)
    return format_html(
        '<form class="step" method="post" action="{0}" hx-post="{0}" hx-swap="none" hx-disabled-elt="find button">{1}'
        '<button class="btn {2}" aria-label="{3}">{4}</button></form>',
        step.action,
        token,
        step.look,
        words,
        step.verb,
    )


def _entry(step: Step, name: str) -> SafeString:
    words = f"{step.verb}: {name}"
    if step.method == "get":
        return format_html('<a class="btn entry" href="{}" aria-label="{}">{}</a>', step.action, words, step.verb)
    return format_html(
        '<button class="btn entry" formaction="{0}" hx-post="{0}" hx-swap="none" hx-disabled-elt="this"'
        ' aria-label="{1}">{2}</button>',
        step.action,
        words,
        step.verb,
    )
