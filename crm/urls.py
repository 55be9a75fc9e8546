"""The addresses of Ringfence: the admin, to which the front page leads, and what the public and programs see."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("", include("consent.urls")),
]
