"""Accounts of staff, and the groups that say what each may do. Nobody gives themselves a right here.

What a group may do stands in `consent.roles` and is kept in step by code, so groups are only looked at, and no
single right is given to anybody beside them.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.theme import AdminPasswordChangeForm, ModelAdmin, ReadOnly, UserChangeForm, UserCreationForm

admin.site.unregister(User)
admin.site.unregister(Group)


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
        (_("Important dates"), {"fields": (("last_login", "date_joined"),)}),
    )
    autocomplete_fields = ("groups",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may: bool = super().has_change_permission(request, obj)
        above = getattr(obj, "is_superuser", False) and not _is_superuser(request)
        return may and not above

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        if _is_superuser(request):
            return self.readonly_fields
        own = ("groups", "is_staff", "is_active") if obj is not None and obj.pk == request.user.pk else ()
        return (*self.readonly_fields, "is_superuser", *own)


@admin.register(Group)
class GroupAdmin(ReadOnly, DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]
    filter_horizontal = ()


def _is_superuser(request: HttpRequest) -> bool:
    return request.user.is_superuser
