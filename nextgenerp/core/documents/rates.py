"""The rates of GST a document may charge on a day: rows of each tenant, as the law changes them; documents and
products ask here.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Q

from nextgenerp.core.documents.models import GstRate
from nextgenerp.core.exceptions import Invalid
from nextgenerp.core.provisioning import provisioner

BEGINNING = date(2017, 7, 1)  # of GST
# Rates that came later: to merchant exporters (notification 41/2017), housing and composition of services (3/2019 and
# 2/2019), and the slab of September 2025 (9/2025). 12 and 28 go on for a few goods and are not ended here.
DEFAULTS = (
    ("0", BEGINNING), ("0.1", date(2017, 10, 23)), ("0.25", BEGINNING), ("1", BEGINNING),
    ("1.5", date(2019, 4, 1)), ("3", BEGINNING), ("5", BEGINNING), ("6", date(2019, 4, 1)),
    ("7.5", date(2019, 4, 1)), ("12", BEGINNING), ("18", BEGINNING), ("28", BEGINNING),
    ("40", date(2025, 9, 22)),
)  # fmt: skip


@provisioner
def provision_rates() -> None:
    """Create the rates of a schema that has none."""
    if not GstRate.objects.exists():
        GstRate.objects.bulk_create(GstRate(rate=Decimal(rate), valid_from=day) for rate, day in DEFAULTS)


def rates_on(day: date) -> list[Decimal]:
    """The rates, in percent, that may be charged on a day; the lowest first."""
    in_effect = Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gte=day))
    return sorted(set(GstRate.objects.filter(in_effect).values_list("rate", flat=True)))


def check_rate(rate: Decimal, day: date, field: str = "gstRate") -> None:
    """Refuse a rate that is not charged on a day. Raises Invalid."""
    check_rates([rate], day, [field])


def check_rates(rates: Sequence[Decimal], day: date, fields: Iterable[str] = ()) -> None:
    """Refuse rates not charged on a day, with one query for all; 0 always may be.

    ``fields`` are their camelCase paths, ``lines.<n>.gstRate`` unless given. Raises Invalid ``invalid_rate``.
    """
    asked = {rate for rate in rates if rate}
    unknown = asked.difference(rates_on(day)) if asked else ()
    if unknown:
        paths = list(fields) or [f"lines.{index}.gstRate" for index in range(len(rates))]
        raise Invalid(
            errors=[
                {
                    "field": path,
                    "code": "invalid_rate",
                    "detail": f"GST is not charged at {rate.normalize():f} % on {day}.",
                }
                for path, rate in zip(paths, rates, strict=True)
                if rate in unknown
            ]
        )
