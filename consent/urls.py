"""The addresses that the public, providers and programs use; the admin has its own."""

from django.urls import path

from consent.views import webhooks

app_name = "consent"

urlpatterns = [
    path("hooks/text/twilio/", webhooks.twilio, name="hook_twilio"),
    path("hooks/text/<slug:provider>/", webhooks.generic, name="hook_generic"),
]
