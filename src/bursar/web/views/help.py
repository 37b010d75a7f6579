"""`/help`: the documentation within the program, and a search through it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from ..access import own
from ..choice import LONGEST_QUERY
from ..help.library import ORIGINAL, image, page, shelves
from ..help.search import search


@own
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All pages, or what a search found."""
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    language = get_language() or ORIGINAL
    hits = search(query, language) if query else []
    return render(request, "help/index.html", {"shelves": shelves(language), "query": query, "hits": hits})


@own
@require_safe
def topic(request: HttpRequest, topic: str) -> HttpResponse:
    """One page, in the person's language where there is one."""
    language = get_language() or ORIGINAL
    found = page(topic, language)
    if found is None:
        raise Http404
    known = {"page": found, "shelves": shelves(language), "current": topic, "foreign": found.language != language}
    return render(request, "help/page.html", known)


@own
@require_safe
def picture(request: HttpRequest, picture: str) -> HttpResponse:
    """A picture in a page."""
    del request
    found = image(picture)
    if found is None:
        raise Http404
    return HttpResponse(found.read_bytes(), content_type="image/png")
