"""Starts imports and runs them: small ones in the request, large ones by the worker, slice after slice.

The rows of a batch, the counters and the place where the next batch begins change in one transaction: whatever
dies dies between two batches, so that no row is lost and none is imported twice.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Protocol
from uuid import UUID

from django.db import Error, connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from nextgenerp.core.exceptions import DomainError, Expired
from nextgenerp.core.imports import storage
from nextgenerp.core.imports.actors import load_actor, who
from nextgenerp.core.imports.batches import Batches, Reading, store_failures
from nextgenerp.core.imports.mapping import map_headers
from nextgenerp.core.imports.options import ImportOptions
from nextgenerp.core.imports.reading import ImportSource, Position, Row
from nextgenerp.core.imports.resources import ImportResource
from nextgenerp.core.imports.values import ValueProblem
from nextgenerp.core.models import Import, ImportKey
from nextgenerp.core.tasks import GiveUp, after_commit
from nextgenerp.core.tenancy import Actor, current_schema

INLINE_ROWS = 2000
BATCH_ROWS = 2000
SLICE_SECONDS = 10
RUN_SLICE = "nextgenerp.core.imports.engine.run_slice"
BUSY_AGAIN = timedelta(seconds=30)
UNFINISHED = (Import.Status.QUEUED, Import.Status.RUNNING)
# One import at a time writes a resource of a tenant, so that two files with the same rows find each other's.
TURN = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
COUNTERS = ("total", "processed", "created", "updated", "skipped", "failed", "blank")
PROGRESS = (*COUNTERS, "status", "position", "finished_at")


class Source(Protocol):
    """Where rows come from: a file, or the list in a request."""

    @property
    def headers(self) -> tuple[str, ...]: ...

    @property
    def total(self) -> int: ...

    def rows(self, start: Position | None = None) -> Iterator[Row]: ...


@dataclass(frozen=True, slots=True)
class RowList:
    """Rows that came in a request; a row's line is its place, from 1."""

    headers: tuple[str, ...]
    cells: Sequence[list[str]]

    @property
    def total(self) -> int:
        return len(self.cells)

    def rows(self, start: Position | None = None) -> Iterator[Row]:
        for line, cells in enumerate(self.cells, 1):
            yield Row(line, line, cells if any(cells) else [], None, 0, line + 1)


class Run:
    """The state of an import while it runs: its reader and what its resource has looked up.

    The next batch is read by a thread of its own while the database writes the one before.
    """

    def __init__(self, batch: Import, source: Source, actor: Actor) -> None:
        resource: ImportResource = import_string(batch.resource)(batch, actor)
        self.batches = Batches(resource, map_headers(source.headers, resource.columns(), batch.mapping))
        self.place: list[int] | None = batch.position.get("next")
        self.rows = source.rows(Position(*self.place) if self.place else None)
        self.reader = ThreadPoolExecutor(max_workers=1)
        self.reading: Future[Reading] | None = None

    def read(self) -> Reading:
        return self.batches.read(islice(self.rows, BATCH_ROWS))

    def step(self, batch: Import) -> None:
        """Import one batch of rows and note how far that is; the caller holds the import's row and commits."""
        take_turn(batch.resource)
        self.batches.resource.batch = batch
        reading = self.reading.result() if self.reading else self.read()
        rows = len(reading.rows)
        if batch.processed + rows < batch.total:
            self.reading = self.reader.submit(self.read)
        outcome = self.batches.take(reading)
        store_failures(batch.id, outcome.failures)
        batch.created += outcome.created
        batch.updated += outcome.updated
        batch.skipped += outcome.skipped
        batch.blank += outcome.blank
        batch.failed += len(outcome.failures)
        batch.processed += outcome.processed
        batch.status = Import.Status.RUNNING
        if rows:
            self.place = batch.position["next"] = list(reading.rows[-1].after)
        if batch.processed >= batch.total or rows < BATCH_ROWS:
            batch.total = batch.processed
            finish(batch, Import.Status.COMPLETED)
        batch.save(update_fields=PROGRESS)


def take_turn(resource: str) -> None:
    """Wait for other imports of the same resource in this tenant, until the transaction ends."""
    with connection.cursor() as cursor:
        # Statistics lag behind a table that grows so fast: nothing here should read all of it.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(TURN, [f"import {current_schema()} {resource}"])


@transaction.atomic
def start(
    resource: type[ImportResource],
    source: Source,
    *,
    actor: Actor,
    options: ImportOptions,
    import_id: UUID,
    mapping: Mapping[str, str | None] | None = None,
    file_name: str = "",
    strict: bool = False,
) -> Import:
    """Import up to INLINE_ROWS rows at once, or leave more of them to the worker; the answer's status tells.

    Raises ValueProblem for headers that do not fit; with ``strict`` for every one that is not known. A file is
    removed when this commits, or later by the worker.
    """
    batch = Import(
        id=import_id,
        resource=f"{resource.__module__}.{resource.__qualname__}",
        file_name=file_name[-200:],
        headers=list(source.headers),
        mapping=dict(mapping or {}),
        options=options.to_json(),
        total=source.total,
        seat_id=actor.seat_id,
        user_id=actor.user_id,
    )
    if isinstance(source, ImportSource):
        batch.position = {"source": source.to_json(), "by": who(actor)}
    run = Run(batch, source, actor)
    if strict and run.batches.header_map.unmapped:
        raise ValueProblem(
            "unknown_field", f"There is no field {', '.join(run.batches.header_map.unmapped)}."
        )
    batch.save(force_insert=True)
    if source.total > INLINE_ROWS:
        run_later(import_id)
    else:
        while batch.status in UNFINISHED:
            run.step(batch)
    return batch


def run_later(import_id: UUID | str, delay: timedelta | None = None) -> None:
    """Let the worker run the next slice of an import once this transaction commits."""
    after_commit(
        RUN_SLICE, str(import_id),
        due_at=timezone.now() + delay if delay else None,
        on_failure="nextgenerp.core.imports.engine.give_up",
    )  # fmt: skip


def run_slice(import_id: str) -> None:
    """Import batch after batch for SLICE_SECONDS, then let the worker take the next slice; the worker's entry.

    Safe to run again and beside itself: a batch needs the lock of the import's row, and a runner that finds the
    import elsewhere than where it left it steps back for the one that moved it.
    """
    deadline = time.monotonic() + SLICE_SECONDS
    try:
        run = run_batch(import_id, None, deadline)
        while run:
            run = run_batch(import_id, run, deadline)
    except (DomainError, ValueProblem) as problem:
        fail(import_id, problem.code, problem.detail)
    except FileNotFoundError:
        fail(import_id, Expired.code, "The uploaded file is gone. Upload it again.")
    except Error:
        raise
    except Exception as error:
        raise GiveUp from error


@transaction.atomic
def run_batch(import_id: str, run: Run | None, deadline: float) -> Run | None:
    """Import one batch, and return the run if there is more for it; after the deadline another slice has it."""
    unfinished = Import.objects.filter(id=import_id, status__in=UNFINISHED)
    batch = unfinished.select_for_update(skip_locked=True).first()
    if batch is None:
        if unfinished.exists():  # somebody is at it; should they die, this comes back
            run_later(import_id, BUSY_AGAIN)
        return None
    if run is None:
        run = Run(batch, ImportSource.from_json(batch.position["source"]), actor_of(batch))
    elif run.place != batch.position.get("next"):
        return None
    run.step(batch)
    if batch.status not in UNFINISHED:
        return None
    if time.monotonic() > deadline:
        run_later(import_id)
        return None
    return run


def actor_of(batch: Import) -> Actor:
    """Who started an import, with the grants they have now. Raises Forbidden, SubscriptionRequired."""
    actions = needed_actions(ImportOptions.from_json(batch.options))
    return load_actor(batch.position["by"], import_string(batch.resource).module, actions)


def needed_actions(options: ImportOptions) -> Sequence[str]:
    """The grants an import needs in its resource's module."""
    return ("canCreate", "canEdit") if options.on_duplicate == "update" else ("canCreate",)


def finish(batch: Import, status: str) -> None:
    """End an import; its file goes with the commit, the rows that failed stay for storage.KEPT_FOR."""
    batch.status = status
    batch.finished_at = timezone.now()
    if batch.options["dry_run"]:
        ImportKey.objects.filter(batch=batch).delete()
    import_id, schema = batch.id, current_schema()
    transaction.on_commit(lambda: storage.remove(import_id, schema), robust=True)


@transaction.atomic
def fail(import_id: str, code: str, detail: str) -> None:
    """End an import that cannot go on; the rows it had not come to count as failed."""
    batch = Import.objects.select_for_update().filter(id=import_id, status__in=UNFINISHED).first()
    if batch is None:
        return
    batch.error = {"code": code, "detail": detail}
    batch.failed += batch.total - batch.processed
    batch.processed = batch.total
    finish(batch, Import.Status.FAILED)
    batch.save(update_fields=(*PROGRESS, "error"))


def give_up(import_id: str, error: str) -> None:
    """End an import whose slice failed again and again; the task's ``on_failure``."""
    fail(import_id, "internal_error", "The import had to be ended. The rows up to here are imported.")
