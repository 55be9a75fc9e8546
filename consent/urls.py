"""The addresses that the public, providers and programs use; the admin has its own."""

from django.urls import path

from consent.api.app import api
from consent.views import form, preferences, reference, till, webhooks
from consent.views.health import Health

app_name = "consent"

urlpatterns = [
    path("api/v1/", api.urls),
    path("c/<slug:slug>/", form.form, name="form"),
    path("c/<slug:slug>/code/<str:token>/", form.code, name="code"),
    path("c/<slug:slug>/done/", form.done, name="done"),
    path("health/", Health.as_view(), name="health"),
    path("reference/reasons/", reference.reasons, name="reasons"),
    path("till/<slug:slug>/", till.till, name="till"),
    path("till/<slug:slug>/code/<str:token>/", till.code, name="till_code"),
    path("till/<slug:slug>/lock/", till.lock, name="till_lock"),
    path("till/<slug:slug>/open/", till.open_till, name="till_open"),
    path("till/<slug:slug>/thanks/", till.thanks, name="till_thanks"),
    path("p/<str:token>/", preferences.centre, name="preferences"),
    path("p/<str:token>/one-click/", preferences.one_click, name="one_click"),
    path("hooks/text/twilio/", webhooks.twilio, name="hook_twilio"),
    path("hooks/text/<slug:provider>/", webhooks.generic, name="hook_generic"),
]
