"""The addresses of Ringfence: the admin, to which the front page leads, sign-in, and what the public and programs see.

Of the pages that allauth brings, those are here that staff need: nobody signs up, or asks for a password by e-mail.
"""

from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

# Whoever is not signed in is led to the one page that knows of second factors.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("account/login/", account.login, name="account_login"),
    path("account/logout/", account.logout, name="account_logout"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("account/factors/", include("allauth.mfa.urls")),
    path("admin/", admin.site.urls),
    path("", include("consent.urls")),
]
