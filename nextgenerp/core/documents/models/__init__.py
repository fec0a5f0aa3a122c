"""What documents are made with (series, bank accounts, terms, rates) and the columns all of them have."""

from nextgenerp.core.documents.models.document import (
    DiscountType,
    Document,
    DocumentLine,
    ExportType,
    SupplyType,
    TaxMode,
    TaxTreatment,
)
from nextgenerp.core.documents.models.numbering import IssuedNumber, NumberingPeriod, NumberingSeries
from nextgenerp.core.documents.models.settings import (
    BankAccount,
    CompanyProfile,
    GstRate,
    TaxRounding,
    TermsTemplate,
)
from nextgenerp.core.documents.models.types import DocumentType

__all__ = [
    "BankAccount", "CompanyProfile", "DiscountType", "Document", "DocumentLine", "DocumentType", "ExportType",
    "GstRate", "IssuedNumber", "NumberingPeriod", "NumberingSeries", "SupplyType", "TaxMode", "TaxRounding",
    "TaxTreatment", "TermsTemplate",
]  # fmt: skip
