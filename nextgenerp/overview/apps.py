from django.apps import AppConfig


class OverviewConfig(AppConfig):
    name = "nextgenerp.overview"
    label = "overview"
