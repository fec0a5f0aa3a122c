from importlib import import_module

from django.apps import AppConfig


class FinanceConfig(AppConfig):
    name = "finance"
    verbose_name = "Finance"

    def ready(self) -> None:
        import_module("finance.services.handover")  # registers what becomes of a leaver's invoices
        import_module("finance.invariants")  # registers what must hold of finance's books
