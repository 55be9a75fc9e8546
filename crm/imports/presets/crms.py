"""CRMs: CiviCRM, Zoho, HubSpot, and Salesforce with its two kinds of people.

CiviCRM's headers are the titles of its schema; Salesforce's are the fields of its API, and their labels in reports.
"""

from crm.imports.presets.preset import Preset

_SALESFORCE_PHONES = {
    "Phone": "",
    "Mobile": "mobile",
    "Mobile Phone": "mobile",
    "Home Phone": "home",
    "Other Phone": "other",
    "Asst. Phone": "assistant",
    "Assistant Phone": "assistant",
}

PRESETS = (
    Preset(
        "CiviCRM",
        [("Contact ID", "Do Not Sms"), ("Contact ID", "Do Not Phone"), ("Internal Contact ID", "Contact Type")],
        fields={
            "Contact ID": "external_id",
            "Internal Contact ID": "external_id",
            "Display Name": "name",
            "Current Employer": "organisation",
            "Street Address": "address",
            # It began with mails, and says of the person that they want no more.
            "No Bulk Emails (User Opt Out)": "optout",
        },
        labels={"Phone Type": "Phone"},
    ),
    Preset(
        "Zoho",
        [("Record Id", "Email Opt Out"), ("Record Id", "Asst Phone"), ("Contact Owner.id",), ("Lead Owner.id",)],
        fields={
            "Record Id": "external_id",
            "Account Name": "organisation",
            "Mailing Street": "address",
            "Other Street": "address",
            "Mailing Country": "country",
            "Other Country": "country",
            "Description": "notes",
        },
        phones={**_SALESFORCE_PHONES, "Asst Phone": "assistant"},
    ),
    Preset(
        "HubSpot",
        [("Record ID", "Marketing contact status"), ("Record ID", "Lead Status"), ("Record ID", "Contact owner")],
        fields={
            "Record ID": "external_id",
            "Company Name": "organisation",
            "Associated Company": "organisation",
            "Street Address": "address",
        },
        phones={"Phone Number": "", "Mobile Phone Number": "mobile", "WhatsApp Phone Number": "whatsapp"},
        # The same numbers again, as HubSpot has read them.
        others=(
            "Calculated Phone Number in International Format",
            "Calculated Mobile Number in International Format",
        ),
    ),
    Preset(
        "Salesforce (Lead)",
        [("Lead ID",), ("Lead Owner",), ("IsConverted",), ("Company / Account",)],
        fields={
            "Id": "external_id",
            "Lead ID": "external_id",
            "Company / Account": "organisation",
            "Company": "organisation",
            "Street": "address",
            "Country": "country",
            "Country Code": "country",
            "Description": "notes",
        },
        phones=_SALESFORCE_PHONES,
    ),
    Preset(
        "Salesforce (Contact)",
        [
            ("AccountId", "LastName"),
            ("Account Name", "Last Name", "Mailing City"),
            ("Contact ID", "Last Name", "Account Name"),
        ],
        fields={
            "Id": "external_id",
            "Contact ID": "external_id",
            "Account Name": "organisation",
            "Mailing Street": "address",
            "Other Street": "address",
            "Mailing Country": "country",
            "Mailing Country Code": "country",
            "Other Country": "country",
            "Other Country Code": "country",
            "Description": "notes",
        },
        phones=_SALESFORCE_PHONES,
    ),
)
