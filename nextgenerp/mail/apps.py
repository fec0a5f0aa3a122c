from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "nextgenerp.mail"
    label = "mail"
