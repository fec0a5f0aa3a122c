"""What an action answers when all goes well, declared for the OpenAPI document."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """``serializer``: a serializer class, a JSON schema as a dict, or None for no body.

    ``many``: the whole list in its envelope; ``paged``: one page of it. ``media_type``: of files and pages.
    ``also``: further statuses with the same body.
    """

    serializer: Any = None
    status: int = 200
    many: bool = False
    paged: bool = False
    media_type: str = "application/json"
    also: tuple[int, ...] = ()


CSV_FILE = Answer({"type": "string"}, media_type="text/csv")
PDF_FILE = Answer({"type": "string", "format": "binary"}, media_type="application/pdf")
