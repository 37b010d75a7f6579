"""What is known about providers: the catalogue of templates, and their errors in plain words."""

from .registry import MailServer, Placeholder, Template, template, template_of, templates

__all__ = ["MailServer", "Placeholder", "Template", "template", "template_of", "templates"]
