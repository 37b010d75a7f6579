"""Raw SQL beside Django's models: a few reading threads and one writing thread a process.

Callers hand in a job and wait for its result; they hold no connection of their own, so 400 callers need five.
The writer takes all the jobs that wait, runs each in a savepoint of one transaction, and commits once
(group commit): a job that fails undoes only itself, and no caller hears of success before the commit is synced.
"""

import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar, cast

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db import Error as DatabaseTrouble
from django.db.backends.utils import CursorWrapper

from .errors import Temporary

T = TypeVar("T")
Job = Callable[[CursorWrapper], Any]
_Item = tuple[Job, "Future[Any]"] | None

READERS = 4
GROUP = 100


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

    def read(self, job: Callable[[CursorWrapper], T]) -> T:
        """Run `job` outside any transaction."""
        return self._ask(self._reads, job)

    def write(self, job: Callable[[CursorWrapper], T]) -> T:
        """Run `job` in a transaction; return after the commit. An exception from the job undoes the job alone."""
        return self._ask(self._writes, job)

    def close(self) -> None:
        """Let the waiting jobs finish, then end the threads and their connections."""
        with self._starting:
            self._closed = True
            threads, self._threads = self._threads, []
        for _ in range(READERS):
            self._reads.put(None)
        self._writes.put(None)
        for thread in threads:
            thread.join()

    def _ask(self, jobs: "queue.SimpleQueue[_Item]", job: Callable[[CursorWrapper], T]) -> T:
        self._start()
        answer: Future[T] = Future()
        jobs.put((job, cast("Future[Any]", answer)))
        try:
            return answer.result()
        except DatabaseTrouble as problem:
            raise Temporary(
                "The database can't be used just now.",
                code="storage_unavailable",
                action="Nothing was sent and nothing was lost. Look at the database server and the free disk space.",
            ) from problem

    def _start(self) -> None:
        if self._threads:
            return
        with self._starting:
            if self._closed:
                raise Temporary("Bursar is shutting down.", code="shutting_down")
            if not self._threads:
                targets = [self._serve_reads] * READERS + [self._serve_writes]
                # Daemon threads: a process that ends without close() has no job whose caller still waits.
                self._threads = [threading.Thread(target=t, daemon=True, name="bursar-storage") for t in targets]
                for thread in self._threads:
                    thread.start()

    def _serve_reads(self) -> None:
        while (item := self._reads.get()) is not None:
            job, answer = item
            try:
                answer.set_result(_read(job))
            except BaseException as problem:  # noqa: BLE001 - handed to the caller, who waits for it
                answer.set_exception(problem)
        _forget_connection()

    def _serve_writes(self) -> None:
        running = True
        while running:
            group: list[tuple[Job, Future[Any]]] = []
            item = self._writes.get()
            while True:
                if item is None:
                    running = False
                    break
                group.append(item)
                if len(group) == GROUP:
                    break
                try:
                    item = self._writes.get_nowait()
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
                with connection.cursor() as cursor:
                    for job, answer in group:
                        result, failure = _attempt(job, cursor)
                        if connection.needs_rollback:
                            # SQLite undid the whole group by itself, as it does when the disk is full.
                            raise failure or DatabaseError("the transaction was undone")
                        outcomes.append((answer, result, failure))
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


def _read(job: Job) -> Any:
    """The job's result; once more on a new connection where the old one was lost, as by a restart of the server."""
    try:
        with connection.cursor() as cursor:
            return job(cursor)
    except DatabaseTrouble as problem:
        _forget_connection()
        if not _is_lost(problem):
            raise
    with connection.cursor() as cursor:
        return job(cursor)


def _attempt(job: Job, cursor: CursorWrapper) -> tuple[Any, BaseException | None]:
    """The job's result, or the exception that undid it and it alone. Raises what ends the whole transaction."""
    try:
        with transaction.atomic():
            return job(cursor), None
    except DatabaseTrouble as problem:
        if _is_deadlock(problem) or _is_lost(problem):
            raise
        return None, problem
    except BaseException as problem:  # noqa: BLE001 - handed to the caller, who waits for it
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
