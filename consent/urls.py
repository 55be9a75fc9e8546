"""The addresses that the public, providers and programs use; the admin has its own."""

from django.urls import path

from consent.api.app import api
from consent.views import preferences, webhooks

app_name = "consent"

urlpatterns = [
    path("api/v1/", api.urls),
    path("p/<str:token>/", preferences.centre, name="preferences"),
    path("p/<str:token>/one-click/", preferences.one_click, name="one_click"),
    path("hooks/text/twilio/", webhooks.twilio, name="hook_twilio"),
    path("hooks/text/<slug:provider>/", webhooks.generic, name="hook_generic"),
]
