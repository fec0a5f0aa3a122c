"""What the caller of an import may choose."""

from dataclasses import asdict, dataclass
from typing import Any

from nextgenerp.core.imports.values import DateOrder

ON_DUPLICATE = ("skip", "update", "create", "error")
DATE_FORMATS = ("auto", "dmy", "ymd")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """``match_on`` names the keys by which a row is a duplicate, ``create_missing`` what is created when a cell
    names one that is not there; ``dry_run`` counts and stores nothing else."""

    dry_run: bool = False
    on_duplicate: str = "skip"
    match_on: tuple[str, ...] = ()
    create_missing: tuple[str, ...] = ()
    date_format: DateOrder = "auto"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> "ImportOptions":
        tuples = {name: tuple(state[name]) for name in ("match_on", "create_missing")}
        return cls(**state | tuples)
