"""The form of a contact: a profile, and rows for new numbers. What is typed is stored by `crm.intake`, never here.

The form knows only new numbers. Those that are there are shown beside it and are no part of what is posted, so a
form that was opened before an erasure has nothing to bring back.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from crm import faults, phones
from crm.admin.history import ReasonForm
from crm.intake import Fault, Number
from crm.models import Contact, ContactPoint, PhoneNumber
from crm.theme import Textarea, TextInput


class ContactForm(ReasonForm):
    """The profile. `faults` are those of the attempt to store it that has just been rolled back."""

    faults: ClassVar[Sequence[Fault]] = ()

    class Meta:
        model = Contact
        fields = Contact.PROFILE
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "address": Textarea(attrs={"rows": 3}),
            "notes": Textarea(attrs={"rows": 3}),
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for fault in self.faults:
            if fault.column in self.fields:
                self.add_error(fault.column, faults.message(fault.code))
            elif not fault.column.startswith(PREFIX):
                self.add_error(None, faults.message(fault.code))
        return cleaned

    def profile(self, *, adding: bool) -> dict[str, str]:
        """Return what is to be set: in a new contact what was filled in, else what was changed."""
        return {
            name: self.cleaned_data[name]
            for name in Contact.PROFILE
            if name in self.cleaned_data and (self.cleaned_data[name] if adding else name in self.changed_data)
        }


class NewNumberForm(forms.ModelForm):
    """One new number, as staff type it."""

    number = forms.CharField(label=_("Number"), max_length=60, widget=TextInput(attrs={"autocomplete": "off"}))

    class Meta:
        model = ContactPoint
        fields = ("label",)

    def has_changed(self) -> bool:
        """Tell whether somebody typed here: a row that names a point which was there before says nothing new."""
        return not self.data.get(self.add_prefix("id")) and super().has_changed()

    def _post_clean(self) -> None:
        """Build no contact point: intake does, once it has read the number."""


PREFIX = "points"


class NewNumbers(forms.BaseInlineFormSet):
    """Rows for new numbers only: whatever a posted form says of rows that were there is not looked at."""

    faults: ClassVar[Sequence[Fault]] = ()
    new_objects: list[ContactPoint]

    def initial_form_count(self) -> int:
        return 0

    def get_queryset(self) -> Any:
        return ContactPoint.objects.none()

    def numbers(self) -> list[Number]:
        """Return the numbers that were typed; the column says in which row."""
        return [
            Number(form.cleaned_data["number"], form.cleaned_data["label"], column=form.prefix or "")
            for form in self.forms
            if form.cleaned_data.get("number")
        ]

    def clean(self) -> None:
        super().clean()
        rows = {form.prefix: form for form in self.forms}
        for fault in self.faults:
            if fault.column in rows:
                form = rows[fault.column]
                labelled = fault.code == "number_in_text"
                form.add_error("label" if labelled else "number", faults.message(fault.code))


def barred(numbers: Sequence[Number], *, region: str) -> list[Fault]:
    """Return which of the numbers may not be held, as a fault of their rows."""
    found = []
    for number in numbers:
        e164 = phones.parse(number.text, region=region or None).e164
        if PhoneNumber.objects.for_numbers([e164]).filter(number=None).exists():
            found.append(Fault(number.column, "suppressed"))
    return found
