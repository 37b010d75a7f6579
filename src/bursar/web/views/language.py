"""`/language`: a person chooses; the choice is a cookie, as the theme is."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from ..access import public
from ..languages import COOKIE, NAMES, YEAR
from ..see_other import see_other
from ..site import site_of


@public
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the choice for a year, and show the page again from which it was made."""
    code, back = request.POST.get("language", ""), request.POST.get("next", "")
    if code not in NAMES:
        raise BadRequest
    site = site_of(request)
    response = see_other(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "/tokens")
    response.set_cookie(
        COOKIE, code, max_age=YEAR, secure=site is not None and site.is_https, httponly=True, samesite="Lax"
    )
    return response
