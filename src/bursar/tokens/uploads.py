"""An import in two steps: the file is kept sealed with what its dry run said, until the person who sent it says yes.

What is imported are the very bytes that were looked at. A file ends after half an hour, with a newer one of the same
person, and with its import.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from ..context import Context
from ..errors import InvalidInput, NotFound, Temporary
from ..keyring import Place, SealBroken, Secret
from . import age_file
from .configure import confirm, writing
from .differences import Difference
from .document import TokenConfigurationDocument, read_documents
from .document.encoding import MAX_BYTES
from .import_plan import OVERWRITTEN, UNCHANGED, PlannedEntry, plan_import
from .models import Upload
from .transfer import ImportResult, import_read

LIFETIME = timedelta(minutes=30)
_TABLE = "tokens_upload"


def receive(ctx: Context, data: bytes, file_name: str, *, person: str, overwrite: bool) -> Upload:
    """Look at a file, and keep it with the plan of its import. A file of age is kept closed: `unlock` goes on.

    Raises InvalidInput for what is no such file, Refused as `plan_import`; nothing is kept then.
    """
    if len(data) > MAX_BYTES:
        raise InvalidInput(f"{file_name} is larger than {MAX_BYTES // 1024 // 1024} MB.", code="file_too_large")
    upload = Upload(person=person, file_name=file_name, overwrite=overwrite, ends_at=ctx.clock.now() + LIFETIME)
    if not age_file.is_age(data):
        upload.plan = _as_text(_looked_at(ctx, data, file_name, overwrite))
    return keep(ctx, upload, data)


def keep(ctx: Context, upload: Upload, data: bytes) -> Upload:
    """Store a file, sealed; it takes the place of the person's last one."""
    upload.sealed = _sealed(ctx, upload, data)
    forget_ended(ctx)
    Upload.objects.filter(person=upload.person).delete()
    upload.save(force_insert=True)
    return upload


def is_locked(upload: Upload) -> bool:
    """Whether it is encrypted, and nobody has given its key yet."""
    return not upload.plan


def unlock(ctx: Context, upload: Upload, key: Secret) -> None:
    """Open a file of age by its passphrase, or by an identity that begins with AGE-SECRET-KEY-1.

    Raises InvalidInput as `age_file.decrypted` and `receive`; the file stays closed then.
    """
    data = decrypted(ctx, upload, key)
    keep_opened(ctx, upload, data, _as_text(_looked_at(ctx, data, upload.file_name, upload.overwrite)))


def decrypted(ctx: Context, upload: Upload, key: Secret) -> bytes:
    """What is in a kept file of age. Raises InvalidInput as `age_file.decrypted`."""
    is_identity = key.reveal().strip().startswith("AGE-SECRET-KEY-")
    given = {"identity": Secret(key.reveal().strip())} if is_identity else {"passphrase": key}
    return age_file.decrypted(bytes_of(ctx, upload), **given)


def keep_opened(ctx: Context, upload: Upload, data: bytes, plan: str) -> None:
    """Keep what was in a file of age in its stead, with the plan of its import."""
    upload.plan = plan
    upload.sealed = _sealed(ctx, upload, data)
    upload.save(update_fields=["plan", "sealed"])


def find_upload(ctx: Context, upload_id: str, person: str, kind: str = "tokens") -> Upload:
    """The file of that kind that this person sent. Raises NotFound (`upload_ended`)."""
    found = Upload.objects.filter(pk=upload_id, person=person, kind=kind, ends_at__gt=ctx.clock.now()).first()
    if found is None:
        raise NotFound(
            "This import has ended: a file waits half an hour, and a newer one takes its place.",
            code="upload_ended",
            action="Choose the file again.",
        )
    return found


def plan_again(ctx: Context, upload: Upload, *, overwrite: bool) -> None:
    """Look at the same file anew, with another answer to what happens to names that are there."""
    upload.plan = _as_text(plan_import(ctx, _documents(ctx, upload), overwrite=overwrite))
    upload.overwrite = overwrite
    upload.save(update_fields=["plan", "overwrite"])


def plan_of(upload: Upload) -> list[PlannedEntry]:
    """What the dry run said."""
    return [
        PlannedEntry(
            each["name"],
            each["outcome"],
            each["secret"],
            tuple(each["held"]),
            tuple(Difference(**difference) for difference in each["differences"]),
        )
        for each in json.loads(upload.plan)
    ]


def carry_out(ctx: Context, upload: Upload, *, release: bool, by: str) -> ImportResult:
    """Import the file that was looked at: all of it or nothing, and only what the plan says.

    `release` confirms what the import holds, for who has compared the addresses. Raises Temporary
    (`changed_meanwhile`) where the plan would be another one by now: it is made anew, and nothing is imported.
    """
    documents = _documents(ctx, upload)
    said = plan_of(upload)
    now = plan_import(ctx, documents, overwrite=upload.overwrite)
    if now == said:
        with writing():
            result = import_read(ctx, documents, overwrite=upload.overwrite, dry_run=False, by=by)
            if _came_to(result, said):
                if release:
                    for name in result.held:
                        confirm(ctx, name, by)
                upload.sealed = None
                upload.result = json.dumps(asdict(result) | {"released": release and bool(result.held)})
                upload.save(update_fields=["sealed", "result"])
                return result
            raise _changed_meanwhile()
    upload.plan = _as_text(now)
    upload.save(update_fields=["plan"])
    raise _changed_meanwhile()


def result_of(upload: Upload) -> ImportResult | None:
    """What the import came to; None before it."""
    if not upload.result:
        return None
    found = json.loads(upload.result)
    found.pop("released")
    return ImportResult(**found)


def was_released(upload: Upload) -> bool:
    """Whether what was held was confirmed with the import."""
    return bool(upload.result) and bool(json.loads(upload.result)["released"])


def forget(upload: Upload) -> None:
    """The person doesn't want it."""
    upload.delete()


def forget_ended(ctx: Context) -> None:
    """Delete the files whose time is over."""
    Upload.objects.filter(ends_at__lte=ctx.clock.now()).delete()


def _came_to(result: ImportResult, said: Sequence[PlannedEntry]) -> bool:
    overwritten = [entry.name for entry in said if entry.outcome in (OVERWRITTEN, UNCHANGED)]
    return result.overwritten == overwritten and result.held == [entry.name for entry in said if entry.held]


def _looked_at(ctx: Context, data: bytes, file_name: str, overwrite: bool) -> list[PlannedEntry]:
    documents = read_documents(data, file_name)
    if not documents:
        raise InvalidInput(f"{file_name} holds no configuration.", code="file_empty")
    return plan_import(ctx, documents, overwrite=overwrite)


def _documents(ctx: Context, upload: Upload) -> list[TokenConfigurationDocument]:
    return read_documents(bytes_of(ctx, upload), upload.file_name)


def bytes_of(ctx: Context, upload: Upload) -> bytes:
    """The file as it was sent. Raises NotFound (`upload_ended`) after its import."""
    if upload.sealed is None:
        raise NotFound("This file was imported already.", code="upload_ended", action="Choose the file again.")
    try:
        return ctx.keyring.open(_place(upload), bytes(upload.sealed)).reveal().encode("latin-1")
    except SealBroken:
        raise NotFound("This file can't be opened any more.", code="upload_ended", action="Choose it again.") from None


def _sealed(ctx: Context, upload: Upload, data: bytes) -> bytes:
    return ctx.keyring.seal(Place(_TABLE, upload.id, "sealed"), Secret(data.decode("latin-1")))


def _changed_meanwhile() -> Temporary:
    return Temporary(
        "Meanwhile somebody changed configurations that this file touches, so nothing was imported.",
        code="changed_meanwhile",
        action="Look at the differences again, then import.",
    )


def _as_text(plan: Sequence[PlannedEntry]) -> str:
    return json.dumps([asdict(entry) for entry in plan], ensure_ascii=False)


def _place(upload: Upload) -> Place:
    return Place(_TABLE, upload.id, "sealed")
