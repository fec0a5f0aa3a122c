from importlib import import_module

from django.apps import AppConfig

from nextgenerp.core.scope import team_by


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.selectors import team  # noqa: PLC0415 - models exist only now

        team_by(team)
        import_module("accounts.invariants")  # registers what must hold of a team
