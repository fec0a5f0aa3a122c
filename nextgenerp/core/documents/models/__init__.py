"""What documents are made with (series, bank accounts, terms, rates) and the columns all of them have."""

from nextgenerp.core.documents.models.document import (
    DiscountType,
    Document,
    DocumentLine,
    ExportType,
    SupplyType,
    TaxMode,
    TaxTreatment,
    amount,
)
from nextgenerp.core.documents.models.numbering import IssuedNumber, NumberingPeriod, NumberingSeries
from nextgenerp.core.documents.models.settings import (
    BankAccount,
    CompanyProfile,
    GstRate,
    TaxRounding,
    TermsTemplate,
)
from nextgenerp.core.documents.models.types import (
    AMOUNT,
    PERCENT,
    PRICE,
    QUANTITY,
    DocumentType,
    PaymentMethod,
)

__all__ = [
    "AMOUNT", "PERCENT", "PRICE", "QUANTITY", "BankAccount", "CompanyProfile", "DiscountType", "Document",
    "DocumentLine", "DocumentType", "ExportType", "GstRate", "IssuedNumber", "NumberingPeriod", "NumberingSeries",
    "PaymentMethod", "SupplyType", "TaxMode", "TaxRounding", "TaxTreatment", "TermsTemplate", "amount",
]  # fmt: skip
