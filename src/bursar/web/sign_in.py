"""Signing in and out: django-allauth's login behind our template, sign-up closed, the rest not routed (SEC-37)."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.views import LoginView
from allauth.core.internal import ratelimit
from django.contrib.auth import logout
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from ..access.setup import is_needed
from .access import own, public
from .see_other import see_other

ACCOUNT_LIMIT = {"sign_in_account": "100/h/key"}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Bursar's rules for django-allauth.

    Tries are counted by address and person together, so that a stranger who guesses can't lock the person out
    elsewhere; a wider count by person alone bounds guessing from many addresses.
    """

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The e-mail address or the password is wrong."),
        "too_many_login_attempts": _("Too many tries. Bursar lets this address wait; try again in five minutes."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People are added by an administrator."""
        del request
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return str(request.META.get("REMOTE_ADDR") or "unknown")

    def is_safe_url(self, url: str | None) -> bool:
        """Only a path on this host."""
        return url is not None and url.startswith("/") and url[1:2] not in ("/", "\\") and url.isprintable()

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Signing in needs no congratulation."""

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        """The same answer as for a wrong password, but for the address: nobody learns that the account exists."""
        del request, user
        return see_other("/sign-in?refused=1")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        super().pre_authenticate(request, **credentials)
        key = str(credentials.get("email", "")).lower()
        if not ratelimit.consume(request, app="bursar", action="sign_in_account", key=key, config=ACCOUNT_LIMIT):
            raise self.validation_error("too_many_login_attempts")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return f"{self.get_client_ip(request)} {str(credentials.get('email', '')).lower()}"


class SignIn(LoginView):  # type: ignore[misc]
    """allauth's view with the frame's template."""

    template_name = "sign_in.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        values: dict[str, Any] = super().get_context_data(**kwargs)
        form = values["form"]
        refused = "refused" in self.request.GET
        problems = [str(text) for texts in form.errors.values() for text in texts]
        if refused and not problems:
            problems = [AccountAdapter.error_messages["email_password_mismatch"]]
        return values | {"problems": problems, "email": form.data.get("login", ""), "nobody_yet": is_needed()}


_form = SignIn.as_view()


@public
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """The form, and the try. Looking is no try: allauth counts whatever isn't a GET (SEC-39)."""
    if request.method == "HEAD":
        request.method = "GET"
    answer: HttpResponseBase = _form(request)
    return answer


@own
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session on the server: its cookie is worth nothing afterwards (SEC-38)."""
    logout(request)
    return see_other("/sign-in")
