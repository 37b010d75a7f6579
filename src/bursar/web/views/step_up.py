"""`/step-up`: where the page that asks for the password again sends it."""

from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from ..access import own
from ..see_other import see_other
from ..step_up import FIELD, ask, confirm_password


@own
@sensitive_post_parameters(FIELD)
@require_POST
def step_up(request: HttpRequest) -> HttpResponseBase:
    """On to the page that asked, once the password is right; never to another host."""
    then = request.POST.get("then", "")
    if not get_adapter(request).is_safe_url(then):
        then = "/tokens"
    return see_other(then) if confirm_password(request, request.POST.get(FIELD, "")) else ask(request, then)
