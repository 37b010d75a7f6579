"""The catalogue of provider templates."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from ..providers import Template, template
from ..providers.registry import templates
from .shapes import templates as shapes

router = Router(tags=["Templates"])


@router.get("", response=list[shapes.TemplateOut])
def list_templates(request: HttpRequest) -> Any:
    """All templates, by slug."""
    del request
    return [_shown(each) for each in templates()]


@router.get("/{slug}", response=shapes.TemplateOut)
def read_template(request: HttpRequest, slug: str) -> Any:
    """One template, with what it asks for and the provider's steps."""
    del request
    return _shown(template(slug))


def _shown(each: Template) -> dict[str, Any]:
    asked = [
        {"name": p.name, "label": p.label, "example": p.example, "default": p.default}
        for p in each.placeholders
        if p.source is None
    ]
    return {
        "slug": each.slug,
        "title": each.title,
        "provider": each.provider,
        "flow": each.flow,
        "placeholders": asked,
        "steps": list(each.steps),
        "source": each.source,
        "checked": each.checked,
    }
