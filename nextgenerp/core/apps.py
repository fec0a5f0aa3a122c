from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "nextgenerp.core"
    label = "core"
