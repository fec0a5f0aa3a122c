from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "nextgenerp.core"
    label = "core"

    def ready(self) -> None:
        from nextgenerp.core.schedule import install_schedule  # noqa: PLC0415 - models load after apps

        for name in ("company", "numbering", "rates"):  # register what a new tenant begins with
            import_module(f"nextgenerp.core.documents.{name}")
        for name in ("documents", "imports"):  # register what must hold of them
            import_module(f"nextgenerp.core.{name}.invariants")
        post_migrate.connect(install_schedule, sender=self)
