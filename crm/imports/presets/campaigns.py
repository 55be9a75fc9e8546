"""Programs that send campaigns: Mailchimp, Brevo, listmonk, Mautic.

Their evidence of an opt-in (OPTIN_TIME, CONFIRM_IP) is one to e-mail, and none for the phone. Who has left one of
their lists has said no all the same.
"""

from crm.imports.presets.preset import Preset

PRESETS = (
    Preset(
        "Mailchimp",
        [("MEMBER_RATING", "LAST_CHANGED"), ("OPTIN_TIME", "OPTIN_IP"), ("LEID", "EUID")],
        fields={"Email Address": "email", "Address": "address", "EUID": "external_id"},
        # CC is the country of the address from which a mail was opened.
        others=("OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "CONFIRM_IP", "CC"),
    ),
    Preset(
        "Brevo",
        [
            ("EMAIL", "SMS", sign)
            for sign in ("WHATSAPP", "FIRSTNAME", "PRENOM", "VORNAME", "NOMBRE", "NOME", "OPT_IN", "SMS_BLACKLISTED")
        ],
        fields={
            "CONTACT ID": "external_id",
            "NOM": "family_name",
            "PRENOM": "given_name",
            "NOMBRE": "given_name",
            "NOME": "given_name",
        },
        phones={"SMS": "sms", "WHATSAPP": "whatsapp", "LANDLINE_NUMBER": "landline"},
        others=("OPT_IN", "DOUBLE_OPT-IN"),
    ),
    Preset(
        "listmonk",
        [("uuid", "email", "attributes")],
        fields={"uuid": "external_id", "attributes": "phones_json", "status": "status"},
    ),
    Preset(
        "Mautic",
        [("firstname", "lastname", "preferred_locale"), ("firstname", "lastname", "points", "last_active")],
        fields={"id": "external_id", "address1": "address", "preferred_locale": "language"},
        others=("ip", "ip_address"),
    ),
)
