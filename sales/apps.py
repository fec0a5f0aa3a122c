from importlib import import_module

from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "sales"
    verbose_name = "Sales"

    def ready(self) -> None:
        import_module("sales.services.defaults")  # registers what a new tenant begins with
        import_module("sales.services.handover")  # registers what becomes of a leaver's documents
        import_module("sales.services.merging")  # registers what becomes of merged leads' quotations
        import_module("sales.invariants")  # registers what must hold of the books
        import_module("sales.services.invoicing")  # registers who counts what is invoiced of orders
