"""What a resource declares to be importable; the engine does the rest."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from nextgenerp.core.imports.mapping import Column
from nextgenerp.core.imports.options import ON_DUPLICATE, ImportOptions
from nextgenerp.core.imports.reading import Row
from nextgenerp.core.models import Import, Record
from nextgenerp.core.tenancy import Actor, current_tenant

Values = dict[str, Any]


class Candidate(NamedTuple):
    """A row whose cells are all values, by field name."""

    row: Row
    values: Values


class RowProblem(NamedTuple):
    """What is wrong with a row: the field at fault (empty for the whole row), a code, a sentence."""

    field: str
    code: str
    detail: str


class ImportResource:
    """The base of a resource's declaration; an instance lives for one slice of one import.

    model, module: what is written, and whose grants count. limit: the resource of the plan it takes.
    keys: what ``matchOn`` may name, and does unless told otherwise. creatable: what ``createMissing`` may name.
    on_duplicate: what ``onDuplicate`` may say.
    """

    model: type[Record]
    module: str
    limit: str
    keys: tuple[str, ...] = ()
    creatable: tuple[str, ...] = ()
    on_duplicate: tuple[str, ...] = ON_DUPLICATE

    def __init__(self, batch: Import, actor: Actor) -> None:
        self.batch = batch
        self.actor = actor
        self.options = ImportOptions.from_json(batch.options)
        self.load()

    @property
    def region(self) -> str:
        """The country whose phone numbers need no country code."""
        return getattr(current_tenant(), "country", "") or "IN"

    def load(self) -> None:
        """Read the reference data that cells name; called again whenever writes were rolled back."""

    def columns(self) -> Sequence[Column]:
        """The fields a file can fill; their parsers may use what ``load`` read, and ask no database."""
        raise NotImplementedError

    def check(self, values: Values) -> list[RowProblem]:
        """What is wrong with a row that no single cell shows; may complete ``values``, and asks no database."""
        return []

    def check_new(self, values: Values) -> list[RowProblem]:
        """What a new record lacks."""
        return []

    def check_update(self, record_id: UUID, values: Values) -> list[RowProblem]:
        """What is wrong with a record that ``find`` has locked, once values are laid over it."""
        return []

    def keys_of(self, values: Values) -> list[str]:
        """The keys of a row under ``matchOn``, as ``find`` names them."""
        return []

    def unique_keys_of(self, values: Values) -> Mapping[str, str]:
        """The keys of a row that no two records may share, whatever ``matchOn`` says, and the field of each."""
        return {}

    def find(self, keys: Iterable[str], *, lock: bool) -> dict[str, set[UUID]]:
        """Up to two existing records of each key, with one query; ``lock`` locks their rows, by id, with another."""
        raise NotImplementedError

    def create(self, records: Mapping[UUID, Values], first_number: int) -> None:
        """Store new records, numbered from ``first_number`` on, and what they name and lack; not their history."""
        raise NotImplementedError

    def update(self, records: Mapping[UUID, Values]) -> None:
        """Write values over locked records, with history and a raised version where something differs."""
        raise NotImplementedError
