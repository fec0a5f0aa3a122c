"""What must hold of every tenant's books, whatever has happened to them: apps register checks, ``manage.py
check_invariants`` and the concurrency tests run them.

``@invariant("name")`` registers a function that runs in a tenant's schema and yields a sentence for each thing that
does not hold; ``@counted("key")`` one that counts what a usage counter counts. Both only read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from django.db import connection, transaction

from nextgenerp.core.models import UsageCounter

MOST = 20  # problems of one invariant in one tenant that are told
Check = Callable[[], Iterable[str]]
Count = Callable[[], int | Mapping[str, int]]
_checks: dict[str, Check] = {}
_counts: dict[str, Count] = {}


@dataclass(frozen=True, slots=True)
class Problem:
    """What does not hold in one tenant, and which invariant says so."""

    invariant: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.text}"


def invariant(name: str) -> Callable[[Check], Check]:
    """Register a check under a name of its own: set-based, for a tenant may have millions of rows."""

    def register(check: Check) -> Check:
        _checks[name] = check
        return check

    return register


def counted(key: str) -> Callable[[Count], Count]:
    """Register how many of a resource there are; of one counted by month, all of ``{"key:2026-11": n}``."""

    def register(count: Count) -> Count:
        _counts[key] = count
        return count

    return register


def invariants() -> list[str]:
    """The names of what is checked."""
    return sorted(_checks)


def find_problems() -> list[Problem]:
    """What does not hold in the current tenant, at one moment; at most MOST sentences an invariant.

    A check that fails itself is a problem, and keeps no other from running.
    """
    problems = []
    with one_moment():
        for name in invariants():
            texts = run(name)
            problems += [Problem(name, text) for text in texts[:MOST]]
            if len(texts) > MOST:
                problems.append(Problem(name, "and more"))
    return problems


def run(name: str) -> list[str]:
    """What one invariant finds, with one more than MOST where there is more."""
    try:
        with transaction.atomic():
            return list(islice(_checks[name](), MOST + 1))
    except Exception as error:  # whatever it is, the books were not found to be in order
        return [f"could not be checked: {type(error).__name__}: {error}"]


@contextmanager
def one_moment() -> Iterator[None]:
    """Let everything read in the block be of one moment, so that nobody's commit in between looks like damage."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:  # inside a test's transaction there is nobody else
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                cursor.execute("SET LOCAL statement_timeout = 0")
        yield


@invariant("usage counters")
def check_usage_counters() -> Iterator[str]:
    """Each counter is the number of what there is, and never above what was numbered."""
    actual: dict[str, int] = {}
    for key, count in _counts.items():
        found = count()
        actual |= found if isinstance(found, Mapping) else {key: found}
    rows = {row.key: row for row in UsageCounter.objects.all()}
    for key in sorted(rows.keys() | actual.keys()):
        row = rows.get(key) or UsageCounter(key=key)
        if key.partition(":")[0] not in _counts:
            yield f"{key}: nobody registered how to count these"
        elif row.used != actual.get(key, 0):
            yield f"{key}: the counter says {row.used}, there are {actual.get(key, 0)}"
        if row.issued < row.used:
            yield f"{key}: {row.issued} were numbered, {row.used} are in use"
