"""The lines below the top menu about web services: held ones, calls that fail for good, and calls that were given up.

What a token is to blame for has a line of its own already, which names the services that wait for it. What a person
tried from the page and saw fail there is no news; a call that succeeded since ends the line.
"""

from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...context import Context
from ..notices import Notice
from ..standing import Level
from ..steps import Step

MOST = 200
_SQL = """
SELECT w.id, w.name, w.held, c.error,
       (SELECT COUNT(*) FROM webservice_job j WHERE j.service_id = w.id AND j.state = 'given-up')
  FROM webservice w
  LEFT JOIN webservice_call c ON c.id = (
       SELECT MAX(id) FROM webservice_call
        WHERE service_id = w.id AND (error_code = '' OR origin NOT LIKE 'page:%%'))
       AND c.error_code <> '' AND c.again_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM tokens_token t WHERE t.id = w.token_id AND t.state <> 'active')
 WHERE w.validity = 'valid' AND (w.held OR c.id IS NOT NULL OR EXISTS (
       SELECT 1 FROM webservice_job j WHERE j.service_id = w.id AND j.state = 'given-up'))
 ORDER BY w.name LIMIT %s
"""


def service_notices(ctx: Context, leave_out: str = "") -> tuple[list[Notice], int]:
    """One line a service, and how many need a person; `leave_out` is the page's own one."""

    def job(cursor: CursorWrapper) -> list[tuple[str, str, bool, str | None, int]]:
        cursor.execute(_SQL, [MOST])
        return list(cursor.fetchall())

    found = ctx.storage.read(job)
    urgent = sum(bool(held or error) for _id, _name, held, error, _given_up in found)
    return [_notice(*each) for each in found if each[0] != leave_out], urgent


def _notice(service_id: str, name: str, held: bool, error: str | None, given_up: int) -> Notice:
    place = f"/webservices/{service_id}"
    if held:
        fact = _("%(name)s is held: nobody has confirmed where it sends its proof.") % {"name": name}
        step = Step(_("Confirm"), f"{place}/confirm", method="get")
        return Notice(str(Level.NOW), "lock", fact, _("Nothing is called until then."), step, name)
    count = {"count": given_up}
    waits = ngettext("%(count)d call was given up.", "%(count)d calls were given up.", given_up) % count
    step = Step(_("Show it"), place, method="get")
    if error:
        return Notice(str(Level.NOW), "alert-octagon", f"{name}: {error}", waits if given_up else "", step, name)
    again = _("Try them again, or forget them.")
    return Notice(str(Level.SOON), "alert-triangle", f"{name}: {waits}", again, step, name)
