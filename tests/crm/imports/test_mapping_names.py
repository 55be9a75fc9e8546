"""What a header says: a field in other words, an opt-out, a claim of consent, or nothing of ours."""

import pytest

from consent.resources import EvidenceResource
from crm.imports.mapping.names import means_phone, means_something_else, meant_by

FIELDS = EvidenceResource.FIELDS


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Moblie phone", "phone"),
        ("Telephon", "phone"),
        ("Phonenumbr", "phone"),
        ("Handynummer privat", "phone"),
        ("Mobilnummer", "phone"),
        ("Contact number", "phone"),
        ("E Mail", "email"),
        ("Work e-mail", "email"),
        ("E-mail 2", "email"),
        ("Frist name", "given_name"),
        ("Customer first name", "given_name"),
        ("Lastnmae", "family_name"),
        ("Compnay", "organisation"),
        ("Home address", "address"),
        ("Adress", "address"),
        ("Mailing country", "country"),
        ("Country of residence", "country"),
        ("Country/Region", "country"),
        ("Land", "country"),
        ("Kundennr.", "external_id"),
        ("Record ID", "external_id"),
        ("uuid", "external_id"),
    ],
)
def test_a_name_in_other_words_or_misspelt_means_its_field(header, field):
    assert meant_by(header, FIELDS)[0] == field


@pytest.mark.parametrize(
    "header",
    [
        *("PLZ", "ZIP code", "County", "State/Region", "Fax", "Telefax", "Tel./Fax", "Pager number", "House number"),
        *("User name", "Nickname", "Middle name", "Manager's name", "Employees", "Account owner", "Photo", "Movie"),
        *("Mobile model", "Phone prefix", "Phone hash", "Phone Ext", "Birthday", "Option", "Favourite colour", "名前"),
        *("Account ID", "Order ID", "Business hours", "Recording", "Title", "Job title"),
    ],
)
def test_what_is_like_a_field_by_accident_means_none(header):
    assert meant_by(header, FIELDS) == ("", False)
    assert not means_phone(header)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("DoNotCall", "optout:call"),
        ("Do Not Call", "optout:call"),
        ("do_not_phone", "optout:call"),
        ("Call opt-out", "optout:call"),
        ("Do Not Sms", "optout:sms"),
        ("SMS_BLACKLISTED", "optout:sms"),
        ("sms opt out", "optout:sms"),
        ("Opted out of SMS", "optout:sms"),
        ("STOP SMS", "optout:sms"),
        ("Do not call or text", "optout"),
        ("Mobile opt out", "optout"),
        ("UNSUB_TIME", "optout"),
        ("UNSUB_REASON", "optout"),
        ("UNSUB_CAMPAIGN_TITLE", "optout"),
        ("Unsubscribed", "optout"),
        ("opted out", "optout"),
        ("Do not contact", "optout"),
        ("doNotContact", "optout"),
        ("dnc", "optout"),
        ("Privacy opt out", "optout"),
        ("User Opt Out", "optout"),
        ("Werbesperre", "optout"),
        ("Blocklisted", "optout"),
        ("SMS subscription status", "status"),
        ("Consent status", "status"),
    ],
)
def test_a_column_that_says_no_is_known_with_its_channel(header, field):
    assert meant_by(header, FIELDS) == (field, True)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("OptIn", "consent"),
        ("Marketing consent", "consent"),
        ("GDPR consent", "consent"),
        ("Phone opt-in", "consent"),
        ("Einwilligung", "consent"),
        ("SMS opt-in", "consent:sms"),
        ("opt_in_sms", "consent:sms"),
        ("Accepts SMS Marketing", "consent:sms"),
        ("Consent to calls", "consent:call"),
    ],
)
def test_a_column_that_claims_consent_is_known_with_its_channel(header, field):
    assert meant_by(header, FIELDS) == (field, True)


@pytest.mark.parametrize(
    "header",
    [
        *("Email Opt Out", "HasOptedOutOfEmail", "EMAIL_BLACKLISTED", "Unsubscribed from all email", "Do Not Email"),
        *("Newsletter opt out", "Do Not Mail", "Do Not Trade", "HasOptedOutOfFax", "HasOptedOutTracking"),
        *("Unsubscribe link", "Stop date", "Adoption date"),
        *(
            "OPTIN_TIME",
            "OPTIN_IP",
            "CONFIRM_TIME",
            "CONFIRM_IP",
            "Email opt-in",
            "Double opt-in",
            "Newsletter consent",
        ),
        *("Opt-in source", "Consent URL", "Opt-in IP"),
    ],
)
def test_what_is_said_of_e_mails_letters_and_the_way_of_asking_is_not_ours(header):
    assert meant_by(header, FIELDS) == ("", False)


@pytest.mark.parametrize(
    "header", ["Kundennummer", "IBAN", "Rechnungsbetrag", "Order no", "Created", "Fax", "Phone type"]
)
def test_a_header_may_say_that_its_column_holds_something_else(header):
    assert means_something_else(header)


@pytest.mark.parametrize("header", ["Kontakt", "WhatsApp", "Column 3", "Erreichbar unter", "Number"])
def test_a_header_that_says_nothing_leaves_it_to_the_cells(header):
    assert not means_something_else(header)
