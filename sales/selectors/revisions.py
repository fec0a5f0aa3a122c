"""The lineage of a quotation and what its revisions changed."""

from typing import Any

from nextgenerp.core.history import plain
from nextgenerp.core.names import camel_case
from nextgenerp.core.scope import visible
from nextgenerp.core.tenancy import Actor
from sales.models import Quotation

HEADER = (
    "date", "valid_until", "customer_id", "lead_id", "billing_address", "shipping_address", "place_of_supply",
    "supply_type", "reverse_charge", "export_type", "tax_mode", "discount_type", "discount_value", "charges",
    "rounds_off", "notes", "terms", "bank_account_id", "reference_no", "payable",
)  # fmt: skip
LINE = (
    "product_id", "name", "description", "hsn_sac", "quantity", "unit", "unit_price", "discount_type",
    "discount_value", "gst_rate", "cess_rate", "tax_treatment",
)  # fmt: skip
SPOKEN = {"rounds_off": "round_off"}


def revisions_of(quotation: Quotation, *, actor: Actor) -> list[Quotation]:
    """The lineage of a quotation as far as the actor's scope reaches, the original first.

    Each has ``differences`` from the one it revises: ``{field, line, from, to}``, ``line`` None for the header.
    """
    root = quotation.root_id or quotation.pk
    related = Quotation.objects.select_related("status").prefetch_related("lines").order_by("revision")
    members = {one.pk: one for one in related.filter(pk=root) | related.filter(root=root)}
    shown = set(visible(Quotation.objects.filter(pk__in=members), actor).values_list("pk", flat=True))
    for one in members.values():
        one.differences = differences(members[one.revises_id], one) if one.revises_id in shown else []
    return [one for one in members.values() if one.pk in shown]


def differences(old: Quotation, new: Quotation) -> list[dict[str, Any]]:
    """What differs between a quotation and its revision, lines by where they came from."""
    found = [
        {"field": field, "line": None, "from_": before, "to": after}
        for field, before, after in differing(old, new, HEADER)
    ]
    before = {line.pk: line for line in old.lines.all()}
    for line in new.lines.all():
        source = before.pop(line.source_line_id, None)
        if source is None:
            found.append({"field": "line", "line": line.position, "from_": None, "to": described(line)})
            continue
        found += [
            {"field": field, "line": line.position, "from_": was, "to": becomes}
            for field, was, becomes in differing(source, line, LINE)
        ]
    found += [
        {"field": "line", "line": line.position, "from_": described(line), "to": None}
        for line in before.values()
    ]
    return found


def differing(old: Any, new: Any, names: tuple[str, ...]) -> list[tuple[str, Any, Any]]:
    """``(field as spoken, before, after)`` of the columns that differ."""
    pairs = ((name, getattr(old, name), getattr(new, name)) for name in names)
    return [
        (camel_case(SPOKEN.get(name, name)), plain(before), plain(after))
        for name, before, after in pairs
        if before != after
    ]


def described(line: Any) -> str:
    """A whole line as one text."""
    return f"{line.name}: {line.quantity} {line.unit}".rstrip() + f" at {line.unit_price}"
