"""How documents are found by a text: their number, their reference, their customer."""

from django.db.models import QuerySet

from nextgenerp.core.documents.buyers import customer_model
from nextgenerp.core.search import containing, normal


def search_documents(queryset: QuerySet, text: str) -> QuerySet:
    """Documents whose number or reference holds a text, or whose customer is found by it.

    Two index scans united: an OR over two tables would read every document.
    """
    documents, term = queryset.model._default_manager, normal(text)
    customers = containing(customer_model().objects.all(), term)
    found = containing(documents.all(), term).values("pk")
    return queryset.filter(
        pk__in=found.union(documents.filter(customer__in=customers.values("pk")).values("pk"))
    )
