"""Expenses, over HTTP."""

from finance.api.filters import ExpenseFilter
from finance.api.serializers.expenses import ExpenseSerializer
from finance.models import Expense
from finance.selectors.expenses import search_expenses
from finance.services import expenses
from nextgenerp.core import seats
from nextgenerp.core.api.csv_export import ExportColumn
from nextgenerp.core.api.resources import ExportMixin, ResourceViewSet


class ExpenseViewSet(ExportMixin, ResourceViewSet):
    """What the business spends, within the caller's scope; a receipt is sent along as multipart.

    PATCH with ``status`` decides: pending → approved or rejected, by a manager or above who did not enter it;
    approved → paid, or rejected after all; rejected → pending. Approved and paid ones are locked.
    """

    permission_module = "Finance"
    queryset = Expense.objects.all()
    serializer_class = ExpenseSerializer
    filterset_class = ExpenseFilter
    search = search_expenses
    counted = expenses.COUNTER
    sort_fields = {
        "date": "date",
        "createdAt": "created_at",
        "amount": "amount",
        "vendorName": "vendor_key",
    }
    default_sort = "-date"
    file_actions = ("create", "partial_update")
    export_name = "expenses"
    export_columns = (
        ExportColumn("number", "number"),
        ExportColumn("date", "date"),
        ExportColumn("category", "category"),
        ExportColumn("amount", "amount"),
        ExportColumn("gstRate", "gst_rate"),
        ExportColumn("gstAmount", "gst_amount"),
        ExportColumn("vendorName", "vendor_name"),
        ExportColumn("vendorGstin", "vendor_gstin"),
        ExportColumn("paymentMethod", "payment_method"),
        ExportColumn("reference", "reference"),
        ExportColumn("status", "status"),
        ExportColumn("notes", "notes"),
        ExportColumn("createdBy", "created_by_id", seats.emails),
        ExportColumn("createdAt", "created_at"),
        ExportColumn("updatedAt", "updated_at"),
    )

    def create_record(self, values: dict) -> Expense:
        return expenses.create_expense(values, actor=self.actor)

    def update_record(self, instance: Expense, values: dict) -> Expense:
        return expenses.update_expense(instance, values, actor=self.actor)

    def delete_record(self, instance: Expense) -> None:
        expenses.delete_expense(instance, actor=self.actor)
