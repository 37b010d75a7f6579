"""The rows of the heart. Models own the schema and the reads; the token life is written by raw SQL in `life.py`.

Every sealed column is AES-256-GCM under (table, row id, column); ids are UUIDv7 chosen before the insert.
"""

from django.db import models

from ..columns import Beginning, CodePointField, InstantField
from ..ids import new_id


class Configuration(models.Model):
    """A token configuration: the document without its secret, and what lists and searches need of it as columns."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    name = CodePointField(unique=True)
    # The `Config` mapping as JSON text, sorted keys; ClientSecret is null in it wherever one is stored.
    document = models.TextField()
    client_secret = models.BinaryField(null=True)
    secret_held = models.BooleanField(default=False)
    validity = models.TextField()  # valid | invalid | invalid-temporarily
    flow = models.TextField()  # authorization_code | client_credentials
    client_id = models.TextField(default="")
    template = models.TextField(null=True)
    # What lists need of the document, worked out in `described.py` whenever it is written.
    provider = models.TextField(default="")
    folded = models.TextField(default="")  # name, client id, provider and template, case-folded, for searches
    public_client = models.BooleanField(default=False)
    refreshable = models.BooleanField(default=False)  # TokenByRefreshToken is configured
    notify_token = models.BooleanField(default=False)
    notify_refresh_token = models.BooleanField(default=False)
    secret_ends_at = InstantField(null=True)
    # The version of `described.py` that wrote these; rows of an older one are described anew by `bursar init`.
    described = models.IntegerField(default=0)
    # Any change makes a new generation: a consent that was begun under an older one can't be finished (SEC-9).
    generation = models.BigIntegerField(default=1)
    # `iss` of the first successful consent (SEC-10); a change of destination forgets it.
    pinned_issuer = models.TextField(null=True)
    created_at = InstantField()
    created_by = models.TextField(default="")
    changed_at = InstantField()
    changed_by = models.TextField(default="")

    class Meta:
        db_table = "tokens_configuration"
        ordering = ("name",)
        # Which configurations share a client: asked before its secret is replaced.
        indexes = (models.Index(Beginning("client_id"), "name", name="configuration_client"),)


class Token(models.Model):
    """The token under (configuration, label). `state` is the stored projection of the life in `state.py`."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="tokens")
    label = CodePointField(default="")
    # Moves whenever token material is replaced or taken away; every write names the generation it read.
    generation = models.BigIntegerField(default=0)
    state = models.TextField(default="no_token")
    access_token = models.BinaryField(null=True)
    access_sha256 = models.TextField(null=True)
    token_type = models.TextField(default="Bearer")
    refresh_token = models.BinaryField(null=True)
    scope = models.TextField(null=True)
    issued_at = InstantField(null=True)
    expires_at = InstantField(null=True)
    expiry_assumed = models.BooleanField(default=False)
    refresh_expires_at = InstantField(null=True)
    refreshed_at = InstantField(null=True)
    # SHA-256 of an access token that a consumer saw refused: it is not handed out again.
    rejected_sha256 = models.TextField(null=True)
    held = models.BooleanField(default=False)
    issuer = models.TextField(null=True)
    subject = models.TextField(null=True)
    account = models.TextField(null=True)  # how the provider names who signed in, for people
    error_code = models.TextField(null=True)
    error_sentence = models.TextField(null=True)
    error_action = models.TextField(null=True)
    error_answer = models.TextField(null=True)  # the provider's own words, redacted, at most 1 kB
    failed_at = InstantField(null=True)
    failures = models.IntegerField(default=0)
    next_attempt_at = InstantField(null=True)
    # When the scheduler has something to do; null: never. The due query reads this index and nothing else.
    due_at = InstantField(null=True, db_index=True)
    lease_owner = models.TextField(null=True)
    lease_until = InstantField(null=True)
    state_since = InstantField(null=True)

    class Meta:
        db_table = "tokens_token"
        constraints = (models.UniqueConstraint(fields=["configuration", "label"], name="token_label"),)
        # Which tokens of an application wait because its client was refused: asked after every refresh of another.
        indexes = (models.Index(fields=["configuration", "state"], name="token_configuration_state"),)


_MOMENTS = ("now_at", "soon_at", "candidate_until", "token_id")


class Listing(models.Model):
    """What the overview searches, counts and sorts: one narrow row a token, written by triggers (`listing.py`) in the
    same transaction as what it projects. Never written by the program, and never the source of a decision.

    Instants that never come are FOREVER, so that every question about a moment is a plain comparison.
    """

    token_id = models.CharField(primary_key=True, max_length=32)
    configuration_id = models.CharField(max_length=32)
    base = models.SmallIntegerField()  # the rank of `listing.Rank` unless one of the next three says otherwise
    candidate_until = models.BigIntegerField()  # until then a person has to decide between two accounts
    now_at = models.BigIntegerField()  # from then on a person is needed now
    soon_at = models.BigIntegerField()  # from then on a person is needed soon
    notice_at = models.BigIntegerField()  # from then on there is a line below the top menu
    urgent_at = models.BigIntegerField()  # when the access token ends or ended, 0 without one
    end_at = models.BigIntegerField()  # the certain end that the picture of what is coming shows
    kept_at = models.BigIntegerField()  # the end of a refresh token that Bursar will have replaced by then
    access_ends_at = models.BigIntegerField()  # for sorting; FOREVER without one
    refresh_ends_at = models.BigIntegerField()
    name = CodePointField()
    label = CodePointField()
    provider = CodePointField()
    cause = models.TextField()  # tokens of one configuration with the same make one notice
    users = models.IntegerField(default=0)  # how many use the token; counted by triggers on what uses tokens

    class Meta:
        db_table = "tokens_listing"
        indexes = (
            # A page is cut out of the index of its order, which holds all that a rank at a moment depends on.
            models.Index(fields=["name", "label", "base", *_MOMENTS], name="listing_name"),
            models.Index(fields=["base", "name", "label", *_MOMENTS], name="listing_rank"),
            models.Index(fields=["provider", "name", "label", "base", *_MOMENTS], name="listing_provider"),
            models.Index(fields=["access_ends_at", "name", "label", "base", *_MOMENTS], name="listing_access"),
            models.Index(fields=["refresh_ends_at", "name", "label", "base", *_MOMENTS], name="listing_refresh"),
            models.Index(fields=["users", "name", "label", "base", *_MOMENTS], name="listing_users"),
            models.Index(fields=["soon_at", "base", "now_at", "candidate_until"], name="listing_soon"),
            models.Index(fields=["now_at"], name="listing_now"),
            models.Index(fields=["candidate_until"], name="listing_candidate"),
            models.Index(fields=["notice_at", "base", "now_at", "soon_at", "candidate_until"], name="listing_notice"),
            models.Index(fields=["end_at", "name", "label", "base", *_MOMENTS], name="listing_end"),
            models.Index(fields=["kept_at"], name="listing_kept"),
            models.Index(fields=["configuration_id"], name="listing_configuration"),
        )


class Search(models.Model):
    """What a search looks through, a narrow row a token: written by triggers as the listing is, read whole."""

    token_id = models.CharField(primary_key=True, max_length=32)
    search = models.TextField()

    class Meta:
        db_table = "tokens_search"


class Attempt(models.Model):
    """One call to a token endpoint, committed before it is made (SEC-24); `outcome` null means: not known."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="attempts")
    generation = models.BigIntegerField()
    grant = models.TextField()  # authorization_code | refresh_token | client_credentials
    refresh_sha256 = models.TextField(null=True)
    worker = models.TextField()
    asker = models.TextField(default="")  # person | scheduler | a consumer's kind (`asker.py`)
    by = models.TextField(default="")  # the person's or the consumer's name
    started_at = InstantField()
    finished_at = InstantField(null=True)
    outcome = models.TextField(null=True)  # granted | stale | needs_authorization | misconfigured | retrying
    status = models.IntegerField(null=True)
    answer = models.TextField(null=True)
    expires_at = InstantField(null=True)  # of the access token that it brought

    class Meta:
        db_table = "tokens_attempt"
        indexes = (models.Index(fields=["token", "started_at"], name="attempt_token_started"),)


class Event(models.Model):
    """What was done to a token, or to its configuration where `token` is null; and old calls, folded (`history.py`)."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="events")
    token = models.ForeignKey(Token, null=True, on_delete=models.CASCADE, related_name="events")
    kind = models.TextField()
    by = models.TextField(default="")
    at = InstantField()
    until = InstantField(null=True)
    count = models.IntegerField(default=1)
    detail = models.TextField(default="{}")  # JSON

    class Meta:
        db_table = "tokens_event"
        indexes = (models.Index(fields=["configuration", "token", "at"], name="event_of_token"),)


class Consent(models.Model):
    """A consent under way: first a ticket (from the command line), then a state bound to one session (SEC-3, 7-9)."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="consents")
    configuration_generation = models.BigIntegerField()
    ticket_sha256 = models.TextField(null=True, unique=True)
    state_sha256 = models.TextField(null=True, unique=True)
    verifier = models.BinaryField(null=True)
    nonce_sha256 = models.TextField(null=True)  # of the nonce that the ID token has to answer; null: none was sent
    redirect_uri = models.TextField(default="")
    person = models.TextField(default="")
    session_sha256 = models.TextField(default="")
    begun_at = InstantField()
    ends_at = InstantField()
    finished_at = InstantField(null=True)
    # Another account signed in than before (SEC-13): its tokens wait here, sealed, for a person's yes.
    candidate = models.BinaryField(null=True)
    candidate_account = models.TextField(null=True)

    class Meta:
        db_table = "tokens_consent"
        indexes = (models.Index(fields=["token", "ends_at"], name="consent_token_ends"),)


class Revocation(models.Model):
    """A token that the provider has yet to be told to revoke (RFC 7009); outlives the configuration it came from."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    url = models.TextField()
    client_id = models.TextField()
    client_authentication = models.TextField()
    client_secret = models.BinaryField(null=True)
    token = models.BinaryField()
    hint = models.TextField()
    name = models.TextField()
    tries = models.IntegerField(default=0)
    due_at = InstantField(db_index=True)

    class Meta:
        db_table = "tokens_revocation"


class Upload(models.Model):
    """A file that waits for a person's yes to its import: sealed as a whole, since client secrets may be in it.

    `plan` is what the dry run said; `result` is there once it was imported, and the file is gone then.
    """

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    person = models.TextField()
    kind = models.TextField(default="tokens")  # tokens | mail | webservices: what it holds
    file_name = models.TextField()
    sealed = models.BinaryField(null=True)
    overwrite = models.BooleanField(default=False)
    plan = models.TextField(default="")
    result = models.TextField(default="")
    ends_at = InstantField(db_index=True)

    class Meta:
        db_table = "tokens_upload"
