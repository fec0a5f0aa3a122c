from django.apps import AppConfig


class DatabaseConfig(AppConfig):
    name = "nextgenerp.database"
    label = "database"
    verbose_name = "Schemas and deferred work"
