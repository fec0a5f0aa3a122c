"""Mail templates and the mail queue."""

from django.urls import path

from nextgenerp.core.api.routers import Router
from nextgenerp.mail.api.views import QueueView, TemplateView

router = Router()
router.register("email/templates", TemplateView, basename="email-template")

urlpatterns = [
    *router.urls,
    path("email/queue", QueueView.as_view({"get": "list"})),
    path("email/queue/stats", QueueView.as_view({"get": "stats"})),
    path("email/queue/<str:id>/cancel", QueueView.as_view({"post": "cancel"})),
    path("email/queue/<str:id>/retry", QueueView.as_view({"post": "retry"})),
]
