"""Every route. The callback is found by its file name and compared with the current ScriptAlias at request time."""

from django.urls import path, re_path

from . import places
from .sign_in import sign_in, sign_out
from .views import (
    account,
    actions,
    add,
    as_yaml,
    callback,
    consents,
    detail,
    discover,
    edit,
    export,
    first_token,
    help,
    imports,
    join,
    keys,
    language,
    one_step,
    overview,
    people,
    practice,
    recheck,
    secret,
    settings,
    setup,
    step_up,
    ticked,
    tickets,
)

ROW = "tokens/<str:token_id>"
KEY = "keys/<str:key_id>"
CONFIGURATION = "configurations/<str:configuration_id>"

urlpatterns = [
    path("", overview.home),
    path("sign-in", sign_in, name="account_login"),
    path("sign-out", sign_out),
    path("step-up", step_up.step_up),
    path("language", language.choose),
    path("setup/<str:link>", setup.first_administrator),
    path("tokens", overview.tokens),
    path("tokens/rows", overview.rows),
    path(ROW, detail.token),
    path(f"{ROW}/parts", detail.parts),
    path("ticked/refresh", ticked.renew),
    path("ticked/validity", ticked.set_validity),
    path(f"{CONFIGURATION}/valid", ticked.make_valid),
    path(f"{ROW}/authorize", actions.authorize),
    path(f"{ROW}/request", actions.request_token),
    path(f"{ROW}/refresh", actions.refresh_token),
    path(f"{ROW}/revoke", actions.revoke_token),
    path(f"{ROW}/confirm", actions.confirm),
    path("configurations/add", add.catalogue),
    path("configurations/add/discover", discover.discover),
    path("configurations/add/<str:slug>", add.add),
    path(f"{CONFIGURATION}/next", add.next_step),
    path(f"{CONFIGURATION}/edit", edit.edit),
    path("people", people.people),
    path("people/invite", people.invite),
    path("people/withdraw", people.withdraw),
    path("people/<str:person_id>", people.one),
    path("account", account.account),
    path("join/<str:token>", join.join),
    path("settings", settings.settings),
    path("settings/<str:name>", settings.one),
    path("export", export.export),
    path("import", imports.import_file),
    path("import/<str:upload_id>", imports.preview),
    path("import/<str:upload_id>/unlock", imports.unlock),
    path("import/<str:upload_id>/plan", imports.plan),
    path("import/<str:upload_id>/confirm", imports.carry_out),
    path("import/<str:upload_id>/discard", imports.discard),
    path(f"{CONFIGURATION}/yaml", as_yaml.as_yaml),
    path(f"{CONFIGURATION}/secret", secret.enter_secret),
    path(f"{CONFIGURATION}/label", one_step.label),
    path(f"{CONFIGURATION}/duplicate", one_step.duplicate),
    path(f"{CONFIGURATION}/delete", one_step.delete),
    path(f"{CONFIGURATION}/recheck", recheck.ask_again),
    path("first-token", first_token.first_token),
    path("help", help.index),
    path("help/images/<str:picture>", help.picture),
    path("help/<path:topic>", help.topic),
    path("keys", keys.all_keys),
    path("keys/new", keys.new_key),
    path("keys/stop", keys.stop),
    path(KEY, keys.one_key),
    path(f"{KEY}/edit", keys.edit_key),
    path(f"{KEY}/revoke", keys.revoke_key),
    path("practice", practice.practice),
    path("authorize/<str:ticket>", tickets.ticket),
    path("callback/result", callback.result),
    path("callback/elsewhere", callback.elsewhere),
    path("consents/<str:consent_id>", consents.other_account),
    path("consents/<str:consent_id>/replace", consents.replace),
    path("consents/<str:consent_id>/keep", consents.keep),
    re_path(r"^(?:.*/)?get-oauth2-token-by-authorization-code\.pl$", callback.callback),
]
urlpatterns += places.missing(urlpatterns)

handler400 = "bursar.web.failures.bad_request"
handler403 = "bursar.web.failures.forbidden"
handler404 = "bursar.web.failures.not_found"
handler429 = "bursar.web.failures.too_many"
handler500 = "bursar.web.failures.server_error"
