"""What a person can do about one token: the one next step of its row, and everything else for the menu."""

from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ..tokens.overview import TokenView
from .standing import Level, Standing

SECRET_TROUBLE = frozenset({"invalid_client", "client_secret_missing"})


@dataclass(frozen=True, slots=True)
class Step:
    """A verb, where it leads, and how it looks (soft, outlined, text); `leaves` goes to the provider's page."""

    verb: str
    action: str
    look: str = "text"
    method: str = "post"
    leaves: bool = False


def next_step(view: TokenView, stands: Standing) -> Step | None:
    """The one button of a row."""
    urgent = "soft" if stands.level is Level.NOW else "outlined"
    configuration = f"/configurations/{view.configuration_id}"
    if stands.level is Level.OFF:
        return Step(_("Make valid"), f"{configuration}/valid")
    if stands.cause == "held":
        return Step(_("Confirm"), f"/tokens/{view.id}/confirm", urgent, "get")
    if view.candidate is not None:
        return Step(_("Decide"), f"/consents/{view.candidate[0]}", urgent, "get")
    if stands.level is Level.OK:
        return renewing(view)
    if stands.level is Level.BUSY:
        return renewing(view, _("Try now"))
    if view.state.word == "misconfigured":
        if stands.cause in SECRET_TROUBLE:
            return Step(_("Enter secret"), f"{configuration}/secret", urgent, "get")
        return Step(_("Edit"), f"{configuration}/edit", urgent, "get")
    if stands.cause == "secret":
        return Step(_("Replace secret"), f"{configuration}/secret", urgent, "get")
    return obtaining(view, urgent)


def renewing(view: TokenView, verb: str = "", look: str = "text") -> Step:
    """A new access token without a person: Request by client credentials, else Refresh."""
    if view.flow == "client_credentials":
        return Step(verb or _("Request"), f"/tokens/{view.id}/request", look)
    return Step(verb or _("Refresh"), f"/tokens/{view.id}/refresh", look)


def obtaining(view: TokenView, look: str = "text") -> Step:
    """A token from the beginning: Request by client credentials, else a person authorizes."""
    if view.flow == "client_credentials":
        return renewing(view, look=look)
    return Step(_("Authorize"), f"/tokens/{view.id}/authorize", look, leaves=True)


def other_steps(view: TokenView, stands: Standing, first: Step | None) -> tuple[Step, ...]:
    """The menu: what there is beside the button; all of it on quiet rows, which on phones show no button."""
    configuration = f"/configurations/{view.configuration_id}"
    verbs = _verbs(get_language() or "")
    found = []
    if stands.level is Level.OFF:
        found.append(Step(verbs["Make valid"], f"{configuration}/valid"))
    if view.validity == "valid" and not view.held:
        found.append(obtaining(view))
        if view.flow == "authorization_code" and view.has_refresh_token:
            found.append(renewing(view))
    found.append(Step(verbs["Edit"], f"{configuration}/edit", method="get"))
    found.append(Step(verbs["Replace secret"], f"{configuration}/secret", method="get"))
    found.append(Step(verbs["Duplicate"], f"{configuration}/duplicate", method="get"))
    found.append(Step(verbs["Add a label"], f"{configuration}/label", method="get"))
    if view.state.word not in ("revoked", "no_token", "awaiting_consent"):
        found.append(Step(verbs["Revoke"], f"/tokens/{view.id}/revoke", method="get"))
    found.append(Step(verbs["Delete"], f"{configuration}/delete", method="get"))
    keep_all = stands.level in (Level.OK, Level.OFF) or first is None
    return tuple(step for step in found if keep_all or step.action != first.action)  # type: ignore[union-attr]


@lru_cache(maxsize=8)
def _verbs(language: str) -> dict[str, str]:
    """The menu's verbs in the active language, looked up once: a page shows each of them fifty times."""
    del language
    return {
        "Make valid": _("Make valid"),
        "Edit": _("Edit"),
        "Replace secret": _("Replace secret"),
        "Duplicate": _("Duplicate"),
        "Add a label": _("Add a label"),
        "Revoke": _("Revoke"),
        "Delete": _("Delete"),
    }
