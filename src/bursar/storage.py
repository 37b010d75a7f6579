"""Raw SQL beside Django's models: a few reading threads and one writing thread a process, on PostgreSQL two.

Callers hand in a job and wait for its result; they hold no connection of their own, so 400 callers need five or six.
A writer takes all the jobs that wait, runs each in a savepoint of one transaction, and commits once
(group commit): a job that fails undoes only itself, and no caller hears of success before the commit is synced.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar, cast

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db import Error as DatabaseTrouble
from django.db.backends.utils import CursorWrapper

from .cursor import LeanCursor
from .errors import Temporary

T = TypeVar("T")
Job = Callable[[CursorWrapper], Any]
_Begun = tuple[Job, "Future[Any]"]
_Item = _Begun | None

READERS = 4
WRITERS = {"postgresql": 2}  # SQLite has one at a time; there one does what another would wait for
GROUP = 100
ENOUGH = 10  # jobs of a group that more aren't waited for: then the writer is what others wait for
SMALL_CACHE = 512  # KiB


class Together(Protocol):
    """A job of which several that wait can be done at once, in fewer statements; the class says so by this method.

    It gives a result for each job, in their order. Raising undoes all of it, and each job is done for itself.
    The writer may wait `patience` seconds for more of them, while nothing else has to be written.
    """

    patience: float

    def __call__(self, cursor: CursorWrapper) -> Any: ...

    def together(self, cursor: CursorWrapper, jobs: Sequence[Any]) -> list[Any]: ...


class Storage:
    """`read(job)` and `write(job)`; a job gets a cursor whose parameters are written `%s` on every database.

    Raises Temporary (`storage_unavailable`) when the database can't be reached or written; nothing is half done then.
    """

    def __init__(self) -> None:
        self._reads: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._writes: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()
        self._closed = False
        self._readers = READERS
        self._writers = WRITERS.get(connection.vendor, 1)
        self._small = False

    def keep_small(self) -> None:
        """One reader and one writer, and little of SQLite's file in memory, for a process that does one thing.

        Call it before the first job.
        """
        self._readers, self._writers, self._small = 1, 1, True

    def read(self, job: Callable[[CursorWrapper], T]) -> T:
        """Run `job` outside any transaction."""
        return self.finish(self._hand(self._reads, job))

    def write(self, job: Callable[[CursorWrapper], T]) -> T:
        """Run `job` in a transaction; return after the commit. An exception from the job undoes the job alone."""
        return self.finish(self.begin(job))

    def close(self) -> None:
        """Let the waiting jobs finish, then end the threads and their connections."""
        with self._starting:
            self._closed = True
            threads, self._threads = self._threads, []
        for _ in range(self._readers):
            self._reads.put(None)
        for _ in range(self._writers):
            self._writes.put(None)
        for thread in threads:
            thread.join()

    def begin(self, job: Callable[[CursorWrapper], T]) -> "Future[T]":
        """Hand a job to the writer and go on; `finish` gives what `write` would."""
        return self._hand(self._writes, job)

    def finish(self, answer: "Future[T]") -> T:
        """Wait for the commit of a job that was begun. Raises as `write`."""
        try:
            return answer.result()
        except DatabaseTrouble as problem:
            raise Temporary(
                "The database can't be used just now.",
                code="storage_unavailable",
                action="Nothing was sent and nothing was lost. Look at the database server and the free disk space.",
            ) from problem

    def _hand(self, jobs: "queue.SimpleQueue[_Item]", job: Callable[[CursorWrapper], T]) -> "Future[T]":
        self._start()
        answer: Future[T] = Future()
        jobs.put((job, cast("Future[Any]", answer)))
        return answer

    def _start(self) -> None:
        if self._threads:
            return
        with self._starting:
            if self._closed:
                raise Temporary("Bursar is shutting down.", code="shutting_down")
            if not self._threads:
                targets = [self._serve_reads] * self._readers + [self._serve_writes] * self._writers
                # Daemon threads: a process that ends without close() has no job whose caller still waits.
                self._threads = [threading.Thread(target=t, daemon=True, name="bursar-storage") for t in targets]
                for thread in self._threads:
                    thread.start()

    def _serve_reads(self) -> None:
        self._fit()
        while (item := self._reads.get()) is not None:
            job, answer = item
            try:
                answer.set_result(_read(job))
            except BaseException as problem:  # noqa: BLE001 - handed to the caller, who waits for it
                answer.set_exception(problem)
        _forget_connection()

    def _fit(self) -> None:
        if self._small and connection.vendor == "sqlite":
            with contextlib.suppress(DatabaseTrouble), connection.cursor() as cursor:
                cursor.execute(f"PRAGMA cache_size = -{SMALL_CACHE}")

    def _serve_writes(self) -> None:
        self._fit()
        running = True
        while running:
            group: list[_Begun] = []
            item = self._writes.get()
            until = time.monotonic() + _patience(item)
            while True:
                if item is None:
                    running = False
                    break
                group.append(item)
                if len(group) == GROUP:
                    break
                # One that somebody waits for is written at once, and all that came before it.
                until = until if _patience(item) else 0.0
                left = 0.0 if len(group) >= ENOUGH else until - time.monotonic()
                try:
                    item = self._writes.get(timeout=left) if left > 0 else self._writes.get_nowait()
                except queue.Empty:
                    break
            if group:
                self._commit(group)
        _forget_connection()

    def _commit(self, group: list[tuple[Job, "Future[Any]"]], *, again: bool = True) -> None:
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        committing = False
        try:
            with transaction.atomic():
                with _cursor() as cursor:
                    for bundle in _bundled(group):
                        outcomes += _attempt_bundle(bundle, cursor)
                committing = True
        except BaseException as trouble:  # noqa: BLE001 - every caller of the group hears it
            _forget_connection()
            undone = _is_deadlock(trouble) or (isinstance(trouble, IntegrityError) and committing)
            if again and (undone or (_is_lost(trouble) and not committing)):
                # Surely undone: in favour of another process, by a rule that is checked at the commit, or because the
                # server was restarted since the last use. One by one the jobs can't meet another process again.
                # After a lost COMMIT nobody can tell.
                for each in group:
                    self._commit([each], again=False)
                return
            for _, answer in group:
                answer.set_exception(trouble)
            return
        for answer, result, failure in outcomes:
            if failure is None:
                answer.set_result(result)
            else:
                answer.set_exception(failure)


def _patience(item: _Item) -> float:
    return 0.0 if item is None else getattr(type(item[0]), "patience", 0.0)


def _bundled(group: list[_Begun]) -> list[list[_Begun]]:
    """The jobs in their order, those that can be done together where the first of them is."""
    bundles: list[list[_Begun]] = []
    alike: dict[type, list[_Begun]] = {}
    for begun in group:
        kind = type(begun[0])
        if kind in alike:
            alike[kind].append(begun)
            continue
        bundles.append([begun])
        if hasattr(kind, "together"):
            alike[kind] = bundles[-1]
    return bundles


def _attempt_bundle(
    bundle: list[_Begun], cursor: CursorWrapper
) -> list[tuple["Future[Any]", Any, BaseException | None]]:
    """Each job's answer, result and failure. What fails together is done one by one."""
    if len(bundle) > 1:
        jobs = [job for job, _ in bundle]
        results, failure = _attempt(lambda cursor: cast(Together, jobs[0]).together(cursor, jobs), cursor)
        if failure is None:
            return [(answer, result, None) for (_, answer), result in zip(bundle, results, strict=True)]
    return [(answer, *_attempt(job, cursor)) for job, answer in bundle]


def _cursor() -> CursorWrapper:
    is_new = connection.connection is None
    connection.ensure_connection()
    found = connection.cursor()
    lean = LeanCursor(found.cursor, found.db)
    if is_new and connection.vendor == "postgresql":
        # PostgreSQL compiles a query that it takes for long, which takes longer than any of ours.
        lean.execute("SET jit = off")
    return lean


def _read(job: Job) -> Any:
    """The job's result; once more on a new connection where the old one was lost, as by a restart of the server."""
    try:
        with _cursor() as cursor:
            return job(cursor)
    except DatabaseTrouble as problem:
        _forget_connection()
        if not _is_lost(problem):
            raise
    with _cursor() as cursor:
        return job(cursor)


def _attempt(job: Job, cursor: CursorWrapper) -> tuple[Any, BaseException | None]:
    """The job's result, or the exception that undid it and it alone. Raises what ends the whole transaction.

    The savepoint is set by hand: Django's own bookkeeping costs more than most jobs.
    """
    cursor.execute("SAVEPOINT bursar_job")
    try:
        result = job(cursor)
        if not connection.needs_rollback:
            cursor.execute("RELEASE SAVEPOINT bursar_job")
            return result, None
        problem: BaseException = DatabaseError("the job's transaction was undone")
    except BaseException as failure:
        if isinstance(failure, DatabaseTrouble) and (_is_deadlock(failure) or _is_lost(failure)):
            raise
        problem = failure
    try:
        cursor.execute("ROLLBACK TO SAVEPOINT bursar_job")
        cursor.execute("RELEASE SAVEPOINT bursar_job")
    except DatabaseTrouble:
        # SQLite undid the whole group by itself, as it does when the disk is full.
        raise problem from None
    connection.needs_rollback = False
    return None, problem


def _is_lost(problem: BaseException) -> bool:
    """The server ended the connection, or can't be reached; SQLite has neither."""
    return isinstance(problem, OperationalError | InterfaceError) and connection.vendor == "postgresql"


def _is_deadlock(problem: BaseException) -> bool:
    """PostgreSQL's deadlock_detected and serialization_failure: the transaction is undone, trying again is right."""
    return getattr(problem.__cause__, "sqlstate", None) in ("40P01", "40001")


def _forget_connection() -> None:
    with contextlib.suppress(DatabaseTrouble):
        connection.close()
