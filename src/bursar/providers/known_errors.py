"""Errors of which one provider has a meaning of its own: by error code, or by a word of the description. Pure data.

Sources, read in November 2026: Microsoft's reference of AADSTS codes; Google's OAuth error pages; GitHub's pages on
troubleshooting OAuth apps; Slack's oauth.v2.access; Salesforce Help, "OAuth 2.0 Authorization Errors"; Atlassian's
OAuth 2.0 (3LO) questions; Zoho's OAuth error codes; Yandex ID's token pages.
"""

from collections.abc import Mapping, Sequence

Words = tuple[str, str]  # what happened, with {p} for the provider's name; what to do

AUTHORIZE = "Authorize again."
_SECRET = ("{p} refuses the client secret.", "Enter the client secret again.")
_CLIENT = ("{p} doesn't know this client ID.", "Correct the client ID.")
_REDIRECT = ("The redirect URI isn't registered at {p}.", "Add the redirect URI to the application there.")
_LATE = ("The person's consent was used already, or came too late for {p}.", AUTHORIZE)
_REFRESH_TOKEN = ("{p} refuses the refresh token: it was used already, revoked, or has ended.", AUTHORIZE)

MICROSOFT: Mapping[int, Words] = {
    50173: ("The password was changed, so {p} ended the refresh token.", AUTHORIZE),
    700082: ("The refresh token lay unused for too long, so {p} ended it.", AUTHORIZE),
    700084: (
        "The redirect URI is registered for a single-page application, whose refresh tokens end after a day.",
        "Register the redirect URI for the platform Web, then authorize again.",
    ),
    70043: ("{p} ended the refresh token by a sign-in policy.", AUTHORIZE),
    70008: ("The refresh token lay unused for too long, so {p} ended it.", AUTHORIZE),
    70000: ("{p} refuses the grant: it was revoked, or belongs to another application.", AUTHORIZE),
    54005: _LATE,
    65001: ("Nobody has consented to this application at {p} yet.", "Authorize again and accept what is asked."),
    65004: ("The person declined at {p}.", "Authorize again and accept what is asked."),
    90094: (
        "{p} wants an administrator's consent for these permissions.",
        "Let an administrator of the tenant choose Grant admin consent under API permissions, then authorize again.",
    ),
    7000215: (
        "{p} refuses the client secret.",
        "Enter the secret again: the column Value of the application's secrets, not the Secret ID.",
    ),
    7000222: ("The client secret has expired at {p}.", "Make a new secret there and enter it here."),
    7000218: ("{p} wants a client secret, and none was sent.", "Enter the client secret."),
    7000112: ("The application is disabled at {p}.", "Enable it under Enterprise applications."),
    7000229: (
        "The application has no service principal in this tenant.",
        "Let an administrator of the tenant consent to it once.",
    ),
    700016: ("{p} doesn't know this application in this tenant.", "Check the client ID and the tenant."),
    700025: ("The application is a public client at {p}, which takes no secret.", "Set ClientAuthentication to none."),
    9002325: ("{p} wants PKCE for this application.", "Set PKCE to S256."),
    9002327: (
        "The redirect URI is registered for a single-page application.",
        "Register the redirect URI for the platform Web.",
    ),
    50194: (
        "The application is registered for one tenant, and asks at the address for all of them.",
        "Enter the tenant's ID instead of common.",
    ),
    50020: (
        "This person's account belongs to another tenant.",
        "Sign in with an account of the application's tenant, or choose common as tenant.",
    ),
    50034: ("{p} doesn't know this person in this tenant.", "Sign in with an account of the tenant."),
    50055: ("The person's password has expired.", "Change the password at {p}, then authorize again."),
    50057: ("The person's account is disabled at {p}.", "Enable it, or sign in with another account."),
    50105: (
        "The person isn't assigned to the application at {p}.",
        "Assign the person under Enterprise applications, Users and groups, then authorize again.",
    ),
    50158: ("{p} wants a further check of this person.", AUTHORIZE),
    53000: ("A policy at {p} wants a managed device.", "Sign in from a device that the policy admits."),
    53003: ("A conditional access policy at {p} blocks this sign-in.", "Exempt the application or the person there."),
    50076: ("{p} wants a second factor from this person.", AUTHORIZE),
    50079: ("{p} wants this person to set up a second factor.", AUTHORIZE),
    900144: ("{p} misses a parameter in the request.", "Check that the request sends the scope."),
    70011: ("{p} refuses the scope.", "Check the scope: `.default` can't be mixed with single permissions."),
    500011: ("{p} doesn't know the resource of the scope in this tenant.", "Correct the scope, or the tenant."),
    650057: (
        "The application doesn't ask for this resource at {p}.",
        "Add the permission under API permissions, and grant admin consent.",
    ),
    90002: ("{p} doesn't know this tenant.", "Check the tenant in the addresses."),
    900023: ("{p} takes this for no tenant.", "Check the tenant in the addresses."),
    50011: _REDIRECT,
    900971: _REDIRECT,
}

BY_CODE: Mapping[str, Mapping[str, Words]] = {
    "Google": {
        "admin_policy_enforced": (
            "The organisation's administrator doesn't admit this application at {p}.",
            "Let an administrator trust it in the Admin console under Security, API controls.",
        ),
        "deleted_client": ("The application was deleted at {p}.", "Make a new one, and enter its ID and secret."),
        "disabled_client": ("The application is disabled at {p}.", "Read the mails from Google to its owner."),
        "access_denied": (
            "The person declined, or isn't among the test users of an application in Testing.",
            "Add the person as test user at {p}, then authorize again and accept what is asked.",
        ),
    },
    "GitHub": {
        "incorrect_client_credentials": (
            "{p} refuses the client ID or the client secret.",
            "Enter the client secret again, or correct the client ID. It is not the app ID.",
        ),
        "bad_verification_code": _LATE,
        "bad_refresh_token": _REFRESH_TOKEN,
        "unverified_user_email": (
            "The person's primary e-mail address isn't verified at {p}.",
            "Verify it there, then authorize again.",
        ),
        "application_suspended": ("The application is suspended at {p}.", "Ask GitHub Support."),
    },
    "Slack": {
        "bad_client_secret": _SECRET,
        "invalid_client_id": _CLIENT,
        "bad_redirect_uri": _REDIRECT,
        "invalid_code": _LATE,
        "code_already_used": _LATE,
        "code_expired": _LATE,
        "invalid_refresh_token": _REFRESH_TOKEN,
        "token_expired": _REFRESH_TOKEN,
        "token_revoked": ("The token was revoked at {p}.", AUTHORIZE),
        "account_inactive": ("The person's account was deactivated at {p}.", "Authorize with another account."),
        "invalid_scope": ("{p} doesn't know the scope.", "Enter scopes that the app has under OAuth & Permissions."),
        "invalid_team_for_non_distributed_app": (
            "The app belongs to another workspace.",
            "Sign in to the app's own workspace, or distribute the app.",
        ),
        "ratelimited": ("{p} lets Bursar wait.", ""),
    },
    "Salesforce": {
        "invalid_client_id": _CLIENT,
        "invalid_app_access": (
            "The person isn't admitted to the application at {p}.",
            "Admit the person's profile or permission set under the application's policies.",
        ),
        "inactive_user": ("The person's account is inactive at {p}.", "Activate it, or authorize with another one."),
        "inactive_org": ("The organisation is locked or closed at {p}.", "Ask Salesforce."),
        "rate_limit_exceeded": ("{p} lets Bursar wait: too many sign-ins.", "Try again in an hour."),
        "OAUTH_APP_BLOCKED": (
            "An administrator blocked the application at {p}.",
            "Unblock it in Setup under Connected Apps OAuth Usage.",
        ),
        "OAUTH_APP_ACCESS_DENIED": (
            "The person isn't admitted to the application at {p}.",
            "Admit the person's profile or permission set under the application's policies.",
        ),
    },
    "Zoho": {
        "invalid_code": (
            "{p} refuses the consent or the refresh token: it was used, revoked, pushed out by newer ones, or belongs "
            "to another region.",
            AUTHORIZE,
        ),
        "invalid_client": (
            "{p} doesn't know this client in this region.",
            "Check client ID and accounts host: clients belong to one region.",
        ),
        "invalid_client_secret": ("{p} refuses the client secret.", "Each region has a secret of its own: enter it."),
        "invalid_redirect_uri": _REDIRECT,
        "invalid_scope": ("{p} doesn't know the scope.", "Enter the scopes with commas between them."),
    },
    "Yandex": {
        "unauthorized_client": (
            "The application was refused, or waits to be checked by {p}.",
            "Look at its state at https://oauth.yandex.com.",
        ),
    },
    "Yahoo": {
        "invalid_scope": (
            "{p} refuses the scope: the application has no mail access.",
            "Ask Yahoo to approve the application for mail.",
        ),
    },
}
BY_DESCRIPTION: Mapping[str, Sequence[tuple[str, Words]]] = {
    "Google": (
        (
            "Token has been expired or revoked",
            (
                "{p} ended the refresh token: the application is in Testing (7 days), the password was changed, access "
                "was withdrawn, it lay unused for six months, or there were too many of them.",
                "Authorize again. If it happens each week, publish the application.",
            ),
        ),
        ("Account has been deleted", ("The account was deleted at {p}.", "Authorize with another account.")),
    ),
    "Salesforce": (
        ("expired access/refresh token", _REFRESH_TOKEN),
        ("inactive user", ("The person's account is inactive at {p}.", "Activate it, or authorize with another one.")),
        (
            "ip restricted",
            ("{p} admits only certain addresses.", "Relax the application's IP policy, or add this one."),
        ),
        (
            "user hasn't approved this consumer",
            ("The person hasn't approved the application at {p}.", AUTHORIZE),
        ),
        (
            "no client credentials user enabled",
            ("{p} doesn't know as whom the application acts.", "Enter a user as Run As in the application's policies."),
        ),
        ("request not supported on this domain", ("{p} gives this only at your My Domain.", "Enter your My Domain.")),
    ),
    "Atlassian": (
        ("refresh_token is invalid", _REFRESH_TOKEN),
        (
            "Unknown or invalid refresh token",
            ("{p} ended the refresh token: the password was changed, or it was used already.", AUTHORIZE),
        ),
    ),
    "Zoho": (("too many requests", ("{p} lets Bursar wait: too many requests.", "Try again in ten minutes.")),),
}
_SAME = {"AOL": "Yahoo"}  # run by the same company, with the same errors

# A configuration that came by import names no template: then the host of its token endpoint says whose it is.
HOSTS: Mapping[str, str] = {
    "googleapis.com": "Google",
    "google.com": "Google",
    "github.com": "GitHub",
    "slack.com": "Slack",
    "salesforce.com": "Salesforce",
    "atlassian.com": "Atlassian",
    "zoho.com": "Zoho",
    "zoho.eu": "Zoho",
    "zoho.in": "Zoho",
    "zoho.com.au": "Zoho",
    "zoho.jp": "Zoho",
    "zohocloud.ca": "Zoho",
    "yandex.com": "Yandex",
    "yandex.ru": "Yandex",
    "login.yahoo.com": "Yahoo",
    "login.aol.com": "AOL",
}


def words_of(provider: str, error: str, description: str) -> Words | None:
    """What this provider means by it, None where it has no meaning of its own. `provider` is its name or a host."""
    name = next((n for host, n in HOSTS.items() if provider == host or provider.endswith("." + host)), provider)
    name = _SAME.get(name, name)
    for said, words in BY_DESCRIPTION.get(name, ()):
        if said.lower() in description.lower():
            return words
    return BY_CODE.get(name, {}).get(error)
