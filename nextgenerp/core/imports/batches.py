"""One batch of rows, from cells to stored records: read, decided, written, and every row counted once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import DatabaseError, transaction
from django.utils import timezone

from nextgenerp.core import entitlements
from nextgenerp.core.imports.mapping import CellProblem, HeaderMap
from nextgenerp.core.imports.reading import Row
from nextgenerp.core.imports.resources import Candidate, ImportResource, RowProblem, Values
from nextgenerp.core.imports.tables import copy_history, copy_rows
from nextgenerp.core.models import ImportFailure, ImportKey
from nextgenerp.core.scope import visible
from nextgenerp.database.ids import new_id

FATES = ("created", "updated", "skipped")
DUPLICATE = RowProblem("", "duplicate", "There is one like this already, in the file or stored.")
TAKEN = "Another record has this already, in the file or stored."
AMBIGUOUS = RowProblem(
    "", "ambiguous_match", "This row meets several records, each by another of its values."
)
OUT_OF_REACH = RowProblem("", "permission_denied", "There is one like this that you may not change.")
REFUSED = RowProblem(
    "", "invalid", "The database does not take this row: a value is out of range or in conflict."
)


class Failure(NamedTuple):
    """A row that is refused, and why."""

    row: Row
    problems: Sequence[CellProblem]


@dataclass(slots=True)
class Outcome:
    """What came of some rows; ``keys`` are those a dry run would have stored, with their records."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    blank: int = 0
    failures: list[Failure] = field(default_factory=list)
    keys: dict[str, UUID] = field(default_factory=dict)

    @property
    def processed(self) -> int:
        return self.created + self.updated + self.skipped + self.blank + len(self.failures)

    def add(self, other: "Outcome") -> None:
        self.created += other.created
        self.updated += other.updated
        self.skipped += other.skipped
        self.blank += other.blank
        self.failures += other.failures
        self.keys |= other.keys


class Entry(NamedTuple):
    """A row to be decided, the keys it is matched by, and those no other record may have, with their fields."""

    candidate: Candidate
    keys: Sequence[str]
    unique: Mapping[str, str]


class Reading(NamedTuple):
    """A batch as it was read: its rows, those of them that are values, and what came of the others."""

    rows: list[Row]
    candidates: list[Candidate]
    outcome: Outcome


@dataclass(slots=True)
class Plan:
    """What is to become of a batch's rows: ``decided`` tells each one's fate and the record it is about."""

    creates: dict[UUID, Values] = field(default_factory=dict)
    updates: dict[UUID, Values] = field(default_factory=dict)
    decided: list[tuple[Candidate, str, UUID]] = field(default_factory=list)
    refused: list[tuple[Candidate, list[RowProblem]]] = field(default_factory=list)
    known: dict[str, set[UUID]] = field(default_factory=dict)

    def accept(self, entry: Entry, fate: str, record_id: UUID) -> None:
        self.decided.append((entry.candidate, fate, record_id))
        for key in (*entry.keys, *entry.unique):
            self.known.setdefault(key, set()).add(record_id)

    def taken(self, entry: Entry, record_id: UUID) -> list[RowProblem]:
        """What of a row another record has, though no two may."""
        fields = {name for key, name in entry.unique.items() if self.known.get(key, set()) - {record_id}}
        return [RowProblem(name, "duplicate", TAKEN) for name in sorted(fields)]


class Batches:
    """Takes the batches of one import, one after the other, each inside the caller's transaction."""

    def __init__(self, resource: ImportResource, header_map: HeaderMap) -> None:
        self.resource = resource
        self.options = resource.options
        self.header_map = header_map
        self.header_of = {feed.column.name: feed.header for feed in header_map.feeds}

    def read(self, rows: Iterable[Row]) -> Reading:
        """Turn cells into values; asks no database, so that it may run beside the writing of the batch before."""
        reading = Reading([], [], Outcome())
        for row in rows:
            reading.rows.append(row)
            if row.problem:
                shown = CellProblem("", "", row.problem.code, "", row.problem.detail)
                reading.outcome.failures.append(Failure(row, [shown]))
            elif row.is_blank:
                reading.outcome.blank += 1
            else:
                values, problems = self.header_map.parse(row.cells)
                if not problems:
                    problems = self.shown(values, self.resource.check(values))
                if problems:
                    reading.outcome.failures.append(Failure(row, problems))
                else:
                    reading.candidates.append(Candidate(row, values))
        return reading

    def take(self, reading: Reading) -> Outcome:
        """Import what was read. A row that the database refuses fails alone."""
        outcome = reading.outcome
        if not self.options.dry_run:
            outcome.add(self.write(reading.candidates))
            return outcome
        with transaction.atomic():
            outcome.add(self.write(reading.candidates))
            transaction.set_rollback(True)
        self.resource.load()
        copy_rows(
            ImportKey,
            ("id", "batch", "key", "record_id"),
            [(new_id(), self.resource.batch.id, key, record_id) for key, record_id in outcome.keys.items()],
        )
        return outcome

    def shown(self, values: Values, problems: Iterable[RowProblem]) -> list[CellProblem]:
        """A row's problems under the file's own headers."""
        return [
            CellProblem(self.header_of.get(name, ""), name, code, str(values.get(name, ""))[:200], detail)
            for name, code, detail in problems
        ]

    def write(self, candidates: Sequence[Candidate]) -> Outcome:
        """Decide and store; a batch that the database refuses is halved until the row at fault stands alone."""
        try:
            with transaction.atomic():
                return self.store(self.decide(candidates))
        except DatabaseError as error:
            if not is_about_data(error):
                raise
        self.resource.load()
        if len(candidates) == 1:
            return Outcome(failures=[Failure(candidates[0].row, self.shown(candidates[0].values, [REFUSED]))])
        middle = len(candidates) // 2
        outcome = self.write(candidates[:middle])
        outcome.add(self.write(candidates[middle:]))
        return outcome

    def decide(self, candidates: Sequence[Candidate]) -> Plan:
        """Find each row's fate in the file's order, looking at what is stored and at the rows before it."""
        plan = Plan()
        unique_keys_of = self.resource.unique_keys_of
        entries = [
            Entry(candidate, keys, unique_keys_of(candidate.values))
            for candidate, keys in zip(candidates, self.keys_of(candidates), strict=True)
        ]
        wanted = {key for entry in entries for keys in (entry.keys, entry.unique) for key in keys}
        reach = self.look_up(wanted, plan) if wanted else None
        for entry in entries:
            met = [plan.known[key] for key in entry.keys if key in plan.known]
            targets = set().union(*met) if met else None
            if not targets:
                self.plan_new(entry, plan)
            elif self.options.on_duplicate == "skip":
                plan.decided.append((entry.candidate, "skipped", next(iter(targets))))
            elif self.options.on_duplicate == "error":
                plan.refused.append((entry.candidate, [DUPLICATE]))
            else:
                self.plan_update(entry, targets, plan, reach)
        return plan

    def keys_of(self, candidates: Sequence[Candidate]) -> list[list[str]]:
        if self.options.on_duplicate == "create":
            return [[] for _ in candidates]
        return [self.resource.keys_of(candidate.values) for candidate in candidates]

    def look_up(self, keys: set[str], plan: Plan) -> set[UUID] | None:
        """Put the stored records of ``keys`` into the plan, and tell which of them the actor may change (None: all)."""
        updating = self.options.on_duplicate == "update"
        plan.known = self.resource.find(keys, lock=updating)
        reach = None
        actor, model = self.resource.actor, self.resource.model
        if updating and actor.scope(self.resource.module) != "all":
            found = {record_id for ids in plan.known.values() for record_id in ids}
            reach = set(
                visible(model._default_manager.filter(id__in=found), actor).values_list("id", flat=True)
            )
        if self.options.dry_run:
            earlier = ImportKey.objects.filter(batch=self.resource.batch, key__in=keys)
            for key, record_id in earlier.values_list("key", "record_id"):
                plan.known.setdefault(key, set()).add(record_id)
                if reach is not None:
                    reach.add(record_id)
        return reach

    def plan_new(self, entry: Entry, plan: Plan) -> None:
        record_id, values = new_id(), entry.candidate.values
        problems = self.resource.check_new(values) or plan.taken(entry, record_id)
        if problems:
            plan.refused.append((entry.candidate, problems))
            return
        plan.creates[record_id] = values
        plan.accept(entry, "created", record_id)

    def plan_update(self, entry: Entry, targets: set[UUID], plan: Plan, reach: set[UUID] | None) -> None:
        """Lay a row's values over the one record it meets, be it stored or made by an earlier row."""
        record_id = next(iter(targets))
        is_new = record_id in plan.creates
        rows = plan.creates if is_new else plan.updates
        values = rows.get(record_id, {}) | entry.candidate.values
        if len(targets) > 1:
            problems = [AMBIGUOUS]
        elif not is_new and reach is not None and record_id not in reach:
            problems = [OUT_OF_REACH]
        else:
            check = (
                self.resource.check_new(values) if is_new else self.resource.check_update(record_id, values)
            )
            problems = check or plan.taken(entry, record_id)
        if problems:
            plan.refused.append((entry.candidate, problems))
            return
        rows[record_id] = values
        plan.accept(entry, "updated", record_id)

    def store(self, plan: Plan) -> Outcome:
        """Write a plan: updates, then as many new records as the plan's limit leaves, the counter locked last."""
        outcome = Outcome()
        if plan.updates:
            self.resource.update(plan.updates)
        beyond = self.store_new(plan) if plan.creates else set()
        if beyond:
            limit = entitlements.limit_reached(self.resource.limit)
            problem = RowProblem("", limit.code, limit.detail)
            plan.refused += [
                (candidate, [problem]) for candidate, _, about in plan.decided if about in beyond
            ]
        fates = Counter(fate for _, fate, record_id in plan.decided if record_id not in beyond)
        outcome.created, outcome.updated, outcome.skipped = (fates[fate] for fate in FATES)
        outcome.failures = [
            Failure(candidate.row, self.shown(candidate.values, problems))
            for candidate, problems in plan.refused
        ]
        if self.options.dry_run:
            new = plan.creates.keys() - beyond
            outcome.keys = {key: one for key, ids in plan.known.items() for one in ids & new}
        return outcome

    def store_new(self, plan: Plan) -> set[UUID]:
        """Store new records with their history; the last ones are left out when the limit is reached, and returned."""
        resource = self.resource
        # What earlier batches of a dry run took was given back.
        taken = resource.batch.created if self.options.dry_run else 0
        granted, last = entitlements.claim_up_to(resource.limit, len(plan.creates) + taken)
        room = max(0, granted - taken)
        if taken:
            entitlements.release(resource.limit, granted - room)
        ids = list(plan.creates)
        records = {record_id: plan.creates[record_id] for record_id in ids[:room]}
        if records:
            resource.create(records, last - room + 1)
            copy_history(
                resource.model, "created", ((record_id, "{}") for record_id in records), actor=resource.actor,
                import_id=resource.batch.id, now=timezone.now(),
            )  # fmt: skip
        return set(ids[room:])


def is_about_data(error: DatabaseError) -> bool:
    """Whether a row is at fault (a value, a constraint, a size), not the database's own state."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return state[:2] in {"22", "23", "54"}


def store_failures(import_id: UUID, failures: Iterable[Failure]) -> None:
    """Keep refused rows as they were read, for the result and the error file."""
    copy_rows(
        ImportFailure,
        ("id", "batch", "row", "cells", "errors"),
        [
            (
                new_id(),
                import_id,
                row.line,
                json_text(row.cells),
                json_text([as_json(one) for one in problems]),
            )
            for row, problems in failures
        ],
    )


def as_json(problem: CellProblem) -> dict[str, Any]:
    return {"column": problem.column, "code": problem.code, "value": problem.value, "detail": problem.detail}


def json_text(value: Any) -> str:
    return orjson.dumps(value).decode()
