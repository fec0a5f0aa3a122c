"""What must hold of the CRM's books: its counters, and that no number can be given a second time."""

from collections.abc import Iterator

from django.db.models import BigIntegerField, Max
from django.db.models.functions import Cast, Substr

from crm.models import Customer, Deal, Lead
from nextgenerp.core.invariants import counted, invariant
from nextgenerp.core.models import UsageCounter


@counted("leads")
def count_leads() -> int:
    return Lead.objects.count()


@counted("customers")
def count_customers() -> int:
    return Customer.objects.count()


@counted("deals")
def count_deals() -> int:
    return Deal.objects.count()


@invariant("running numbers")
def check_running_numbers() -> Iterator[str]:
    """The counter that numbers leads and customers is past every number given."""
    issued = dict(UsageCounter.objects.values_list("key", "issued"))
    number = Cast(Substr("lead_number", 4), BigIntegerField())  # LD-00001
    highest = {
        "leads": Lead.objects.aggregate(highest=Max(number))["highest"],
        "customers": Customer.objects.aggregate(highest=Max("number"))["highest"],
    }
    for key, last in highest.items():
        if (last or 0) > issued.get(key, 0):
            yield f"{key}: number {last} is given, the next would be {issued.get(key, 0) + 1}"
