"""How documents are found by a text: their number, their reference, their customer."""

from django.db.models import Q, QuerySet

from nextgenerp.core.documents.buyers import customer_model
from nextgenerp.core.search import containing, holds, normal

FEW = 500


def search_documents(queryset: QuerySet, text: str) -> QuerySet:
    """Documents whose number or reference holds a text, or whose customer is found by it.

    Few customers are named by their ids, so that two indexes answer together. A text many customers share finds
    documents enough on the way along the list's order (docs/adr/0010-documents.md).
    """
    term = normal(text)
    customers = containing(customer_model().objects.all(), term).values_list("pk", flat=True)
    few = list(customers[: FEW + 1])
    among = few if len(few) <= FEW else customers
    return queryset.filter(holds(term) | Q(customer__in=among))
