from importlib import import_module

from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = "CRM"

    def ready(self) -> None:
        import_module("crm.services.defaults")  # registers what a new tenant begins with
        import_module("crm.services.handover")  # registers what becomes of a leaver's leads
        import_module("crm.services.deal_handover")  # and of their deals
        import_module("crm.invariants")  # registers what must hold of the books
