"""The messages of one connection, in batches: fetched, staged, placed, recorded, settled, in that order."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from ..context import Context
from ..errors import BursarError, PersonMustAct, Temporary
from ..outbound import Deadline, OutboundFailed, OutboundTimeout
from ..testing.failpoints import failpoint
from . import explain
from .account import After, Afterwards
from .delivery.destination import Destination, Failure, Parcel
from .delivery.dispatch import addressee, headline
from .delivery.names import Names
from .dialogue import CommandRefused, ConnectionLost
from .headers import without
from .lease import Lease, LeaseLost
from .ledger import BEGUN, DELIVERED, SETTLED, Ledger, Present, Refused
from .result import Result
from .source import Source

MEGABYTE = 1 << 20
HANG_UPS = 3  # messages in a row at which the server hangs up, before others are tried first
UNKNOWN_A_BATCH = 8  # messages of which the server doesn't say how large they are; each may be as large as any


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run. A batch is what is in memory at once and what is synced, recorded and settled together."""

    messages: int = 100
    octets: int = 4 * MEGABYTE  # two batches are in memory at once
    largest: int = 16 * MEGABYTE  # PostMasterMaxEmailSize
    at_once: int = 2_000  # ids of new messages that are held at once
    sizes_at_once: int = 500
    blocked_in_a_row: int = 10  # messages that the destination doesn't take just now, before the run ends
    a_connection: int = 0  # messages after which the connection is made anew, PostMasterReconnectMessage; 0: never
    seconds: float = 3600.0


class Renewal(Exception):
    """The connection has brought as many messages as one may; the run goes on over a new one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the account wants done with its messages."""

    account_id: str
    folder: str
    login: str
    after: After
    untrusted_headers: tuple[str, ...] = ()  # prefixes of what is removed; empty for a trusted account
    recipients: Collection[str] = ()  # the addresses of the dispatching table


@dataclass(slots=True)
class Run:
    """One run's state, which outlives its connections."""

    ctx: Context
    plan: Plan
    destination: Destination
    lease: Lease
    result: Result
    limits: Limits
    ends: Deadline
    one_by_one: bool = False  # the last connection ended without progress: find the message that does it
    left: Present = field(default_factory=Present)  # messages skipped in this run
    at: str | None = None  # the message asked for alone, when the connection ended
    at_words: str = ""  # how a person finds it
    hung_up: int = 0  # messages in a row at which the server ended the connection
    progress: int = 0
    settle_problem: BursarError | None = None
    waiting: int = 0  # messages that the destination did not take just now
    refused: int = 0  # messages that went into quarantine
    blocked_in_a_row: int = 0

    @property
    def is_over(self) -> bool:
        """The process is to stop, or the run has taken as long as it may."""
        try:
            return self.ctx.stop.is_set() or self.ends.remaining() <= 0
        except OutboundTimeout:
            return True

    def drain(self, source: Source) -> None:
        """Deliver and settle what is in the folder.

        Raises ConnectionLost, CommandRefused, LeaseLost, Renewal, BursarError.
        """
        leaves = self.plan.after.what is Afterwards.LEAVE
        opened = source.open(self.plan.folder, read_only=leaves)
        if not opened.writable and not leaves:
            raise PersonMustAct(
                f'The folder "{self.plan.folder}" may only be read, so messages can\'t be settled after delivery.',
                code="folder_read_only",
                action="Give the login the right to change it, or use --after leave.",
            )
        Drain(self, source, opened.validity).all()

    def leave(self, message: str, words: str, reason: str) -> None:
        """Name a message that stays on the server, and don't try it again in this run."""
        self.left.add([message])
        self.result.skip(words, reason)

    def destination_failed(self, reason: str) -> Temporary:
        """What ends a run whose messages find no way on."""
        return Temporary(
            f"The destination of this account takes no messages: {reason}.",
            code="destination_failed",
            action="Look at it; the messages stay on the server, and the next run tries again.",
        )

    def raise_left(self) -> None:
        """After all is done, what must not pass in silence. Raises PersonMustAct, Temporary, or what settling met."""
        if self.refused:
            some = "One message was" if self.refused == 1 else f"{self.refused} messages were"
            raise PersonMustAct(
                f"{some} refused by the destination and stay{'s' if self.refused == 1 else ''} on the server.",
                code="messages_refused",
                action="`bursar mail quarantine` shows why, `bursar mail retry` tries again.",
            )
        if self.settle_problem is not None:
            raise self.settle_problem
        if self.waiting:
            some = "One message waits" if self.waiting == 1 else f"{self.waiting} messages wait"
            raise Temporary(
                f"{some} on the server, because the destination did not take {'it' if self.waiting == 1 else 'them'}.",
                code="destination_failed",
                action="The log of the run says why; the next run tries again.",
            )


class Drain:
    """One session over the open folder. Also what it lends to the destination: the lease and the ledger (`Hold`)."""

    def __init__(self, run: Run, source: Source, validity: str) -> None:
        plan = run.plan
        self._run = run
        self._source = source
        self._limits = run.limits
        self._names = Names(plan.account_id, plan.folder, validity)
        self._ledger = Ledger(run.ctx, plan.account_id, plan.folder, validity)
        self._collected = 0
        self._to_finish: list[str] = []

    def all(self) -> None:
        """Pass after pass, until one shows nothing new; then end the session."""
        self._ledger.forget_older()
        while self._pass():
            pass
        self._finish()

    # Hold

    def keep(self) -> None:
        if not self._run.lease.keep():
            raise LeaseLost

    def begin(self, parcels: Sequence[Parcel]) -> None:
        self._ledger.begin((parcel.message, parcel.id) for parcel in parcels)

    def withdraw(self, parcels: Sequence[Parcel]) -> None:
        self._ledger.withdraw([parcel.message for parcel in parcels])

    def record(self, parcels: Sequence[Parcel]) -> None:
        self._ledger.record((parcel.message, parcel.id) for parcel in parcels)
        failpoint("mail.recorded")

    # The steps

    def _finish(self) -> None:
        for settled in self._source.finish():
            self._ledger.settle(settled)
            self._run.progress += len(settled)
        self._run.result.idle = self._source.idles
        self._run.result.highest = self._source.highest

    def _pass(self) -> bool:
        """Go through one listing. True if another one is needed, because this one can't have shown all."""
        with closing(Present()) as present:
            return self._go_through(present)

    def _go_through(self, present: Present) -> bool:
        fresh: list[str] = []
        entries = settled = 0
        before = self._ledger.count()
        for page in self._source.listing():
            if before:
                present.add(page)
            known = self._ledger.known(page)
            entries += len(known)
            pending = [message for message in page if known.get(message) == DELIVERED]
            settled += self._settle(pending)
            fresh += self._run.left.missing([m for m in page if known.get(m, BEGUN) == BEGUN])
            if len(fresh) >= self._limits.at_once or self._run.is_over:
                self._round(fresh)
                fresh = []
                if self._run.is_over:
                    return False
                if self._source.shifts:
                    return True
        shifted = self._source.shifts and settled > 0  # then the listing may have skipped some
        if not shifted and before > entries:
            self._prune(present)
        self._round(fresh)
        return shifted and not self._run.is_over

    def _prune(self, present: Present) -> None:
        absent: list[str] = []
        for message in self._ledger.absent(present):
            absent.append(message)
            if len(absent) == self._limits.sizes_at_once:
                self._ledger.forget(self._source.gone(absent))
                absent = []
        if absent:
            self._ledger.forget(self._source.gone(absent))

    def _round(self, fresh: list[str]) -> None:
        if not fresh:
            return
        run = self._run
        recovered = self._recover(fresh)
        self._note_repeats([message for message in fresh if message not in recovered])
        self._settle([message for message in fresh if message in recovered])
        batches = self._batches(self._in_order([message for message in fresh if message not in recovered]))
        current = next(batches, None)
        while current is not None:
            if run.is_over:
                run.result.note("the run's time is over; the next one goes on here")
                return
            if self._limits.a_connection and self._collected >= self._limits.a_connection:
                self._finish()
                raise Renewal
            # While a batch is delivered the next one is on its way, unless it has to be found out which message it is
            # that ends connections.
            following = next(batches, None)
            ahead = following if following is not None and not run.one_by_one else None
            self._collect(*current, ahead)
            current = following

    def _in_order(self, fresh: list[str]) -> list[str]:
        """As they are listed. Where the server hung up at several in a row, one from elsewhere shows whether it does so
        at every message: the newest, then any. So not even many such messages keep those behind them from coming."""
        run = self._run
        if run.hung_up < HANG_UPS or not fresh:
            return fresh
        pick = -1 if run.hung_up == HANG_UPS else int(run.ctx.randomness.uniform(0, len(fresh))) % len(fresh)
        return [fresh.pop(pick), *fresh]

    def _recover(self, fresh: Sequence[str]) -> set[str]:
        """Adopt what a run that was killed had placed but not recorded."""
        by_name = {self._names.name(message): message for message in fresh}
        placed = self._run.destination.recover(self._names, by_name.__contains__)
        self._ledger.record((by_name[name], name) for name in placed)
        self._run.destination.forget(placed)
        self._run.result.delivered += len(placed)
        self._run.progress += len(placed)
        return {by_name[name] for name in placed}

    def _note_repeats(self, fresh: Sequence[str]) -> None:
        """A run that was killed in the middle of handing these over may have delivered them already."""
        begun = self._ledger.known(fresh)
        for message in begun:
            self._run.result.repeated += 1
            self._run.result.note(
                f"message {self._source.describe(message)} is handed over again: whether it arrived before is not known"
            )

    def _batches(self, fresh: Sequence[str]) -> Iterator[tuple[list[str], int]]:
        """Messages and their size together, at most so many and so large; sizes are asked for in larger windows."""
        for start in range(0, len(fresh), self._limits.sizes_at_once):
            window = self._run.left.missing(fresh[start : start + self._limits.sizes_at_once])
            sizes = self._source.sizes(window) if window else {}
            batch: list[str] = []
            total = 0
            for message in window:
                if message not in sizes:
                    continue  # gone since the listing
                size = sizes[message] or self._limits.octets // UNKNOWN_A_BATCH
                if size > self._limits.largest:
                    self._leave_large(message, size)
                    continue
                if batch and (self._is_full(batch) or total + size > self._limits.octets):
                    yield batch, total
                    batch, total = [], 0
                batch.append(message)
                total += size
            if batch:
                yield batch, total

    def _is_full(self, batch: list[str]) -> bool:
        return self._run.one_by_one or len(batch) == self._limits.messages

    def _collect(self, batch: list[str], size: int, following: tuple[list[str], int] | None) -> None:
        run = self._run
        run.at = batch[0] if len(batch) == 1 else None
        run.at_words = self._source.describe(batch[0])
        largest = self._limits.largest
        if following is not None:
            self._source.ahead(batch, size, largest)
            self._source.ahead(*following, largest)
        found, problem = self._source.bodies(batch, size, largest)
        run.at = None if found else run.at
        lost = problem if isinstance(problem, ConnectionLost | OutboundFailed) else None
        self._take(found, settle_too=lost is None)
        if lost is not None:
            raise lost
        missing = [message for message in batch if message not in found]
        if missing:
            self._one_at_a_time(missing, problem)

    def _one_at_a_time(self, messages: list[str], problem: Exception | None) -> None:
        """The server didn't give these; each is asked for alone, and the one it can't give is named and left."""
        if isinstance(problem, CommandRefused) and explain.token_ended(problem.answer):
            raise ConnectionLost(problem.answer)
        for message, size in self._source.sizes(messages).items():
            found, problem = self._source.bodies([message], size or 0, self._limits.largest)
            if isinstance(problem, ConnectionLost | OutboundFailed):
                raise problem
            self._take(found, settle_too=True)
            if not found:
                answer = problem.answer if isinstance(problem, CommandRefused) else "it has no content"
                self._leave(message, f"the server doesn't give it ({answer})")

    def _take(self, found: dict[str, bytes | int], *, settle_too: bool) -> None:
        bodies: dict[str, bytes] = {}
        for message, body in found.items():
            if isinstance(body, int):
                self._leave_large(message, body)
            elif len(body) > self._limits.largest:
                self._leave_large(message, len(body))
            else:
                bodies[message] = body
        self._run.result.fetched += len(bodies)
        self._run.result.octets += sum(map(len, bodies.values()))
        self._collected += len(found)
        if bodies:
            self._deliver(bodies, settle_too=settle_too)

    def _deliver(self, bodies: dict[str, bytes], *, settle_too: bool) -> None:
        run = self._run
        parcels = [self._parcel(message, bodies.pop(message)) for message in list(bodies)]
        failures = run.destination.deliver(parcels, self)
        delivered = [parcel.message for parcel in parcels if parcel.id not in failures]
        run.result.delivered += len(delivered)
        run.progress += len(delivered)
        if delivered:
            run.one_by_one = False
            run.hung_up = 0
        self._leave_undelivered(parcels, failures)
        if settle_too:
            self._settle(delivered)

    def _leave_undelivered(self, parcels: Sequence[Parcel], failures: Mapping[str, Failure]) -> None:
        """On the server, where they are safe. Raises Temporary where the destination takes nothing any more."""
        run = self._run
        for parcel in parcels:
            failure = failures.get(parcel.id)
            if failure is None:
                continue
            if failure.permanent:
                self._refuse(parcel, failure.reason)
            else:
                self._leave(parcel.message, failure.reason)
            run.waiting += failure.blocked
        if any(parcel.id not in failures or not failures[parcel.id].blocked for parcel in parcels):
            run.blocked_in_a_row = 0
            return
        run.blocked_in_a_row += len(parcels)
        if run.blocked_in_a_row >= run.limits.blocked_in_a_row:
            raise run.destination_failed(failures[parcels[-1].id].reason)

    def _refuse(self, parcel: Parcel, reason: str) -> None:
        """Into quarantine: it stays on the server, and is not tried again until a person says so."""
        words = self._source.describe(parcel.message)
        sender, subject = headline(parcel.body)
        self._ledger.refuse(parcel.message, parcel.id, Refused(words, sender, subject, len(parcel.body), reason))
        self._run.leave(parcel.message, words, f"in quarantine, {reason}")
        self._run.refused += 1
        self._run.progress += 1

    def _parcel(self, message: str, body: bytes) -> Parcel:
        plan = self._run.plan
        body = without(body, plan.untrusted_headers)
        found = addressee(body, plan.recipients) if plan.recipients else None
        return Parcel(self._names.name(message), message, body, found or plan.login)

    def _settle(self, messages: list[str]) -> int:
        """How many messages left the folder, or were marked, just now."""
        run = self._run
        if run.settle_problem is not None or not messages:
            return 0
        try:
            settled = self._source.settle(run.plan.after, messages, self._are_ours)
        except CommandRefused as refusal:
            if explain.token_ended(refusal.answer):
                raise ConnectionLost(refusal.answer) from None
            run.settle_problem = explain.settle_refused(str(run.plan.after.what), refusal.answer)
            return 0
        self._ledger.settle(settled)
        run.progress += len(settled)
        return len(settled)

    def _are_ours(self, messages: Collection[str]) -> bool:
        known = self._ledger.known(messages)
        return all(known.get(message) in (DELIVERED, SETTLED) for message in messages)

    def _leave_large(self, message: str, size: int) -> None:
        self._leave(message, f"{size} bytes are more than the {self._limits.largest} that are taken")

    def _leave(self, message: str, reason: str) -> None:
        self._run.leave(message, self._source.describe(message), reason)
