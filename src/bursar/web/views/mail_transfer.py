"""Mail accounts as YAML: taken away without their passwords, brought in all or none after a look."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from ...app import context
from ...errors import BursarError
from ...mail.transfer import LARGEST_FILE, export_accounts, import_accounts
from ..access import act, look, person_of
from ..see_other import see_other


@look
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """All accounts, without passwords."""
    del request
    text = export_accounts(context(), None, with_passwords=False)
    named = {"Content-Disposition": 'attachment; filename="bursar-mail-accounts.yml"'}
    return HttpResponse(text, content_type="application/yaml; charset=utf-8", headers=named)


@act
@require_http_methods(["GET", "HEAD", "POST"])
def import_(request: HttpRequest) -> HttpResponse:
    """Bring accounts in: first what would happen, then by the same file again in earnest."""
    values: dict[str, object] = {}
    if request.method != "POST":
        return render(request, "mail/import.html", values)
    overwrite, dry = request.POST.get("overwrite") == "1", request.POST.get("action") != "import"
    file = request.FILES.get("file")
    values = {"overwrite": overwrite}
    if file is None:
        return render(request, "mail/import.html", values | {"problem": _("Choose a file first.")}, status=422)
    data, name = file.read(LARGEST_FILE + 1), "".join(s for s in (file.name or "file")[:200] if s.isprintable())
    try:
        by = person_of(request).email
        result = import_accounts(context(), data, name, overwrite=overwrite, dry_run=dry, by=by)
    except BursarError as error:
        return render(request, "mail/import.html", values | {"problem": str(error)}, status=422)
    if dry:
        return render(request, "mail/import.html", values | {"result": result, "name": name})
    done = len(result.added) + len(result.overwritten)
    messages.success(
        request, ngettext("%(count)d account is in.", "%(count)d accounts are in.", done) % {"count": done}
    )
    return see_other("/mail")
