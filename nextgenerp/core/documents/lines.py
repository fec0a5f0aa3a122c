"""The lines of a document as they are entered: made, merged into those there are, stored, and told apart."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from nextgenerp.core.documents.computation import ENTERED
from nextgenerp.core.documents.kinds import DocumentKind
from nextgenerp.core.documents.models import Document, DocumentLine
from nextgenerp.core.documents.products import line_defaults
from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.names import camel_case

# What history tells of a changed line; its figures follow from it.
TOLD = ("name", "description", *ENTERED)
COLUMNS = tuple(field.attname for field in DocumentLine._meta.fields if not field.primary_key)
NEEDED = ("name", "quantity", "unit_price")

State = dict[UUID, tuple[Any, ...]]


def state_of(lines: Iterable[DocumentLine]) -> State:
    """The columns of lines by their ids, to see later what has changed."""
    return {line.pk: tuple(getattr(line, name) for name in COLUMNS) for line in lines}


def merged(
    kind: DocumentKind, document: Document, there: Sequence[DocumentLine], given: Sequence[dict[str, Any]]
) -> list[Any]:
    """The new list of a document's lines: those given with an ``id`` kept and updated, the others made.

    A line's values are columns, with ``product`` a product or None. Raises Invalid with ``lines.<n>.<field>``.
    """
    known = {line.pk: line for line in there}
    lines, errors = [], []
    for index, values in enumerate(given):
        values = dict(values)
        identifier = values.pop("id", None)
        line = known.pop(identifier, None) if identifier else kind.line_model(document=document)
        if line is None:
            errors.append(
                error(index, "id", "does_not_exist", "This document has no such line, or it came twice.")
            )
            continue
        fill(line, values, document)
        line.position = index + 1
        lines.append(line)
        errors += [
            error(index, name, "required", "This field is required.")
            for name in NEEDED
            if getattr(line, name) in (None, "")
        ]
    if errors:
        raise Invalid("Some fields are not valid.", errors=errors)
    return lines


def error(index: int, name: str, code: str, detail: str) -> dict[str, str]:
    return {"field": f"lines.{index}.{camel_case(name)}", "code": code, "detail": detail}


def fill(line: Any, values: dict[str, Any], document: Document) -> None:
    """Set a line's values; a product it did not name before gives those not said."""
    product = values.get("product")
    if product is not None and product.pk != line.product_id:
        values = line_defaults(product, document) | values
    for name, value in values.items():
        setattr(line, name, value)


def store_lines(kind: DocumentKind, lines: Sequence[Any], before: State) -> None:
    """Write the lines that are new or have changed since ``before``, and delete those that are gone.

    The caller holds the document's row lock. Raises RestrictedError where others refer to a line that goes.
    """
    gone = before.keys() - {line.pk for line in lines}
    if gone:
        kind.line_model.objects.filter(pk__in=gone).delete()
    after = state_of(lines)
    changed = [line for line in lines if before.get(line.pk) != after[line.pk]]
    if not changed:
        return
    if before:
        names = [field.name for field in DocumentLine._meta.fields if not field.primary_key]
        kind.line_model.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["id"], update_fields=names
        )
    else:
        kind.line_model.objects.bulk_create(changed)


def changes_of(before: State, lines: Sequence[Any]) -> dict[str, list[Any]]:
    """What was entered differently, as ``{"lines.<n>.<field>": [before, after]}``; a whole line is one text."""
    positions = {name: index for index, name in enumerate(COLUMNS)}
    changes: dict[str, list[Any]] = {}
    for line in lines:
        old, place = before.get(line.pk), f"lines.{line.position}"
        if old is None:
            changes[place] = [None, described({name: getattr(line, name) for name in TOLD})]
            continue
        for name in TOLD:
            if old[positions[name]] != getattr(line, name):
                changes[f"{place}.{name}"] = [old[positions[name]], getattr(line, name)]
    for gone in before.keys() - {line.pk for line in lines}:
        old = before[gone]
        place = f"lines.{old[positions['position']]}"
        text = described({name: old[positions[name]] for name in TOLD})
        changes[place] = [text, changes.get(place, [None, None])[1]]
    return changes


def described(line: dict[str, Any]) -> str:
    """A whole line as one text: ``Widget: 2.000 NOS at 100.0000``."""
    return f"{line['name']}: {line['quantity']} {line['unit']}".rstrip() + f" at {line['unit_price']}"
