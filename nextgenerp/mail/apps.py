from django.apps import AppConfig
from django.db.models.signals import post_migrate


class MailConfig(AppConfig):
    name = "nextgenerp.mail"
    label = "mail"
    verbose_name = "Mail"

    def ready(self) -> None:
        from nextgenerp.mail.services import templates  # noqa: PLC0415 - models load after apps

        post_migrate.connect(templates.install_system_templates, sender=self)
