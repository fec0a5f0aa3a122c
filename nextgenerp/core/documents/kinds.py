"""What differs between quotations, proforma invoices, sales orders and invoices, as data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nextgenerp.core.documents.buyers import customer_as_buyer

MOST_RECIPIENTS = 5  # of one mail with a document


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentKind:
    """One kind of document; its app declares it beside its models.

    ``model`` is a concrete ``Document`` and ``line_model`` its ``DocumentLine``, with ``document`` one way and
    ``lines`` the other. ``document_type`` names its numbering series, ``name`` is what messages call it, ``title`` what
    is printed, ``unregistered_title`` where the company has no GSTIN, ``copy`` below it: what CGST Rule 48 wants on the
    buyer's copy. ``module`` is its permission module. ``dates`` are further dates that are printed:
    ``(("valid_until", "Valid until"),)``; ``asks_payment`` whether a UPI code is.
    ``buyer`` says who is printed as the buyer, ``claim`` takes a new one's place in the plan's limit.
    """

    model: Any
    line_model: Any
    document_type: str
    name: str
    title: str
    module: str
    unregistered_title: str = ""
    copy: str = ""
    dates: tuple[tuple[str, str], ...] = ()
    asks_payment: bool = True
    buyer: Callable[[Any], dict[str, str]] = customer_as_buyer
    claim: Callable[[], object] | None = None
