"""Tags: the groups that the office keeps, and the acts by which a contact comes into one or leaves it."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import faults, phones, tagging
from crm.admin.act import Act, ActForm, ReasonedForm, Refusal, erased_obstacle
from crm.admin.locking import Locking
from crm.models import Tag
from crm.theme import ModelAdmin, Select


class TagForm(forms.ModelForm):
    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if phones.mentions_number(name):
            raise forms.ValidationError(faults.message("number_in_text"))
        return name


@admin.register(Tag)
class TagAdmin(Locking, ModelAdmin):
    form = TagForm
    empty_hint = _(
        "There are no tags yet. Add one, and give it to contacts on their pages: policies can be narrowed to it."
    )
    list_display = ("name", "slug", "created_at")
    search_fields = ("name", "slug")
    fields = (("name", "slug"), "created_at")
    readonly_fields = ("created_at",)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, tuple[str, ...]]:
        return {} if obj else {"slug": ("name",)}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("name", "slug")


class AddTagForm(ReasonedForm):
    tag = forms.ModelChoiceField(queryset=Tag.objects.none(), label=_("Tag"), widget=Select)
    field_order: Iterable[str] | None = ("tag",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["tag"]
        field.queryset = self.tags()

    def tags(self) -> Any:
        """Return the tags to choose from."""
        return Tag.objects.exclude(contacts__contact=self.obj.pk if self.obj else None)


class RemoveTagForm(AddTagForm):
    def tags(self) -> Any:
        return Tag.objects.filter(contacts__contact=self.obj.pk if self.obj else None)


class AddTag(Act):
    title = _("Add tag")
    submit = _("Add")
    permission = "crm.add_contacttag"
    form_class: ClassVar[type[ActForm]] = AddTagForm

    def obstacle(self) -> str:
        return erased_obstacle(self.obj)

    def effects(self) -> list[str]:
        return [gettext("Retention policies that are for this tag reach the contact from the next night on.")]

    def perform(self, form: ActForm) -> str:
        said = form.cleaned_data
        try:
            tagging.add(self.obj, said["tag"], actor=self.actor, at=self.now, reason=said["reason"])
        except tagging.AlreadyTagged:
            raise Refusal(gettext("The contact has got this tag meanwhile."), "tag") from None
        except tagging.NotPossible:
            raise Refusal(gettext("This was erased; nothing can be done here any more.")) from None
        return gettext("The tag %(tag)s was added.") % {"tag": said["tag"]}


class RemoveTag(Act):
    title = _("Remove tag")
    submit = _("Remove")
    permission = "crm.change_contacttag"
    form_class: ClassVar[type[ActForm]] = RemoveTagForm

    def obstacle(self) -> str:
        if obstacle := erased_obstacle(self.obj):
            return obstacle
        return "" if self.obj.tags.exists() else gettext("There is no tag here.")

    def effects(self) -> list[str]:
        return [gettext("Retention policies that are for this tag reach the contact no more; any other still does.")]

    def perform(self, form: ActForm) -> str:
        said = form.cleaned_data
        try:
            tagging.remove(self.obj, said["tag"], actor=self.actor, at=self.now, reason=said["reason"])
        except (tagging.NotTagged, tagging.NotPossible):
            raise Refusal(gettext("The contact has not got this tag any more.")) from None
        return gettext("The tag %(tag)s was removed.") % {"tag": said["tag"]}
