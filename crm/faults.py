"""Why something typed or imported was refused, in words: a table of the stable codes, and nothing else.

The words never repeat what was refused: it may be a person's number.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MESSAGES: dict[str, str | Promise] = {
    # crm.phones: the text is not one valid phone number
    "empty": _("There is no phone number here."),
    "formula": _("This starts like a spreadsheet formula, not like a phone number."),
    "scientific": _("A spreadsheet has rounded this number (scientific notation); its digits are lost."),
    "float": _("A spreadsheet has stored this as an amount, not as a phone number."),
    "date": _("This is a date, not a phone number."),
    "link": _("This is a link or an address, not a phone number."),
    "several": _("There is more than one phone number here: enter each in a row of its own."),
    "letters": _("There are letters or other characters where digits belong."),
    "signs": _("There are signs here that are no part of a phone number."),
    "no_region": _("This number has no country code, and no known country was given to read it by."),
    "short_code": _("This is an emergency number or a short code: nobody is reached at it."),
    "too_short": _("This is too short to be a phone number."),
    "too_long": _("This is too long to be a phone number."),
    "not_possible": _("No phone number of this country has this form."),
    "not_valid": _("This number lies outside the ranges that are assigned in its country."),
    "ambiguous": _("The zero in brackets lets this be read as two different numbers."),
    # crm.intake: the row cannot be stored
    "no_number": _("A person in a file needs a phone number: it is what says where they came from."),
    "max_length": _("This is too long."),
    "null_character": _("This holds a character that cannot be stored."),
    "number_in_text": _(
        "This text holds a phone number. Numbers have a place of their own, so that they can be erased."
    ),
    "invalid": _("This is not valid."),
    "suppressed": _("This number was erased; only its owner's own new consent brings it back."),
    "erased": _("This was erased; nothing can be saved here any more."),
    "restricted": _("This contact is restricted: it may only be kept (GDPR 18)."),
    "same_number": _("This is the number that is already there."),
    "no_notice_owed": _("No notice is owed here: it was sent, exempted, or the person told us directly."),
    "already_ended": _("This number has ended already."),
    # crm.imports: the row cannot be read
    "naive_timestamp": _("This time has no time zone; write it with Z or an offset such as +01:00."),
    "not_a_time": _("This is not a date and time, such as 2026-03-02T12:00:00Z."),
    "too_few_cells": _("This row has fewer cells than the header."),
    "too_many_cells": _("This row has more cells than the header."),
    "cell_too_long": _("This cell is longer than an import takes."),
    "formula_without_value": _("This formula was never computed: open the file in a spreadsheet and save it."),
    "unreadable_card": _("This vCard holds a line that cannot be read, or is far too long."),
    # crm.admin: an empty form
    "nobody": _("Give a name, an organisation, an e-mail address or a number."),
    # consent.resources: what a file says of consent cannot be recorded
    "opted_out": _("The owner of this number has said no; only their own new consent changes that."),
    "unknown_country": _("This is no country that we know; write it as in GB."),
    "premium_rate": _("This is a premium-rate number: calling it is dear. It waits for a yes."),
    "shared_line": _("Many people share this number. It waits for a yes."),
    "unknown_purpose": _("There is no purpose of this name."),
    "evidence_missing": _("A consent needs its date and the wording that was agreed to."),
    "in_the_future": _("This lies in the future."),
    "unknown_notice": _("There is no published notice of this version."),
    "which_notice": _("This version was published in several languages: say which, in a column for the language."),
    "unknown_channel": _("There is no channel of this name."),
    "not_an_ip": _("This is not an IP address."),
    # consent.api: what a program says cannot be recorded
    "not_asked": _("The collection point does not ask for this."),
    "notice_missing": _("A yes needs the version of the wording that was shown."),
    "named_twice": _("This purpose and channel are named twice."),
    "unknown_language": _("The collection point does not ask in this language."),
    "age_not_confirmed": _("Nobody has said that the person is old enough to agree."),
    "wrong_code": _("This code is not right, or it has expired."),
}


def message(code: str) -> str:
    """Return the sentence for a code, in the language in force; an unknown code is shown as it is."""
    words = MESSAGES.get(code)
    return str(words) if words else gettext("This was refused (%(code)s).") % {"code": code}
