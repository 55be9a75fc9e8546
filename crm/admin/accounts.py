"""Accounts of staff, and the groups that say what each may do. Nobody gives themselves a right here.

What a group may do stands in `consent.roles` and is kept in step by code, so groups are only looked at, and no
single right is given to anybody beside them. Second factors are everybody's own affair, under their own name; whoever
has lost theirs has them reset here, by somebody else.
"""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import signing_in
from crm.admin.act import Act, ActForm, run_act
from crm.admin.gate import confirmed, must_ask
from crm.theme import (
    ActionVariant,
    AdminPasswordChangeForm,
    ModelAdmin,
    ReadOnly,
    UserChangeForm,
    UserCreationForm,
    action,
    display,
)

# Who may sign in, how, and what they may do.
SENSITIVE = "accounts"

admin.site.unregister(User)
admin.site.unregister(Group)
# allauth shows the secrets of second factors, and addresses that nobody keeps here.
admin.site.unregister(Authenticator)
admin.site.unregister(EmailAddress)


class ResetSecondFactor(Act):
    """For a colleague who has lost an app, a passkey and the recovery codes."""

    title = _("Reset second factors")
    submit = _("Reset")
    permission = "auth.change_user"
    danger = True
    sensitive = "reset_second_factor"

    def obstacle(self) -> str:
        if self.obj.pk == self.user.pk:
            return gettext("Your own second factors stand under your name.")
        if self.obj.is_superuser and not self.user.is_superuser:
            return gettext("This account is out of your reach.")
        return "" if signing_in.has_one(self.obj) else gettext("This account has no second factor.")

    def effects(self) -> list[str]:
        return [
            gettext("The app, the passkeys and the recovery codes of this account do not count any more."),
            gettext("It signs in with its password alone, and sets up a new factor before it does what needs one."),
            gettext("Make sure that it is the colleague who asks: a stolen password is enough until then."),
        ]

    def perform(self, form: ActForm) -> str:
        kinds = [str(Authenticator.Type(kind).label) for kind in signing_in.reset(self.obj)]
        said = {"kinds": ", ".join(kinds), "reason": form.cleaned_data["reason"]}
        return gettext("Second factors were reset: %(kinds)s. Reason: %(reason)s") % said


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "first_name", "last_name", "is_active", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Personal info"), {"fields": (("first_name", "last_name"), "email")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Sign-in"), {"fields": (("last_login", "date_joined"), "second_factors")}),
    )
    autocomplete_fields = ("groups",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "second_factors")
    actions_detail = ("reset_second_factor",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may: bool = super().has_change_permission(request, obj)
        above = getattr(obj, "is_superuser", False) and not _is_superuser(request)
        return may and not above

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        if _is_superuser(request):
            return self.readonly_fields
        own = ("groups", "is_staff", "is_active") if obj is not None and obj.pk == request.user.pk else ()
        return (*self.readonly_fields, "is_superuser", *own)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return confirmed(super().get_form(request, obj, change=change, **kwargs), request, SENSITIVE)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        asks = self.has_add_permission(request) and must_ask(request, SENSITIVE)
        return asks or super().add_view(request, form_url, extra_context)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Set a password, of whoever has shown a second factor just now; else that is asked for, and nothing kept."""
        may = self.has_change_permission(request, self.get_object(request, unquote(id)))
        fresh = not may or signing_in.is_fresh(request, now=timezone.now())
        return super().user_change_password(request, id, form_url) if fresh else signing_in.ask(request)

    @display(description=_("second factors"))
    def second_factors(self, obj: User) -> str:
        kinds = Authenticator.objects.filter(user_id=obj.pk).order_by("type").values_list("type", flat=True)
        return ", ".join(str(Authenticator.Type(kind).label) for kind in kinds) or gettext("none")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list:
        found: Any = self.get_object(request, str(object_id))
        may = found is not None and not ResetSecondFactor(request, found).obstacle()
        return super().get_actions_detail(request, object_id) if may else []

    @action(
        description=ResetSecondFactor.title,
        url_path="reset-second-factor",
        permissions=[ResetSecondFactor.permission],
        variant=ActionVariant.DANGER,
        icon="lock_reset",
    )
    def reset_second_factor(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, ResetSecondFactor)


@admin.register(Group)
class GroupAdmin(ReadOnly, DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]
    filter_horizontal = ()


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_superuser
