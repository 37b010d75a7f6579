"""`/help`: the documentation within the program, and a search through it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..access import own
from ..help.library import image, page, shelves
from ..help.search import search

LONGEST_QUERY = 200


@own
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All pages, or what a search found."""
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    hits = search(query) if query else []
    return render(request, "help/index.html", {"shelves": shelves(), "query": query, "hits": hits})


@own
@require_safe
def topic(request: HttpRequest, topic: str) -> HttpResponse:
    """One page."""
    found = page(topic)
    if found is None:
        raise Http404
    return render(request, "help/page.html", {"page": found, "shelves": shelves(), "current": topic})


@own
@require_safe
def picture(request: HttpRequest, picture: str) -> HttpResponse:
    """A picture in a page."""
    del request
    found = image(picture)
    if found is None:
        raise Http404
    return HttpResponse(found.read_bytes(), content_type="image/png")
