"""Files of Mailchimp, Brevo, listmonk and Mautic."""

import json

from tests.crm.imports.exported.row import FAX, A, B, C, Exported, columns, person

_MAILCHIMP = "Email Address,First Name,Last Name,Address,Phone Number,Birthday,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,"
_MAILCHIMP += "CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,"
SUBSCRIBED = columns(_MAILCHIMP + "LAST_CHANGED,LEID,EUID,NOTES,TAGS")
UNSUBSCRIBED = columns(
    _MAILCHIMP
    + "UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID,NOTES,TAGS"
)
BREVO = columns(
    "CONTACT ID;EMAIL;FIRSTNAME;LASTNAME;SMS;LANDLINE_NUMBER;WHATSAPP;EXT_ID;DOUBLE_OPT-IN;OPT_IN;"
    "EMAIL_BLACKLISTED;SMS_BLACKLISTED;ADDED_TIME;MODIFIED_TIME"
)
BREVO_FRENCH = columns("EMAIL;NOM;PRENOM;SMS;SMS_BLACKLISTED;ADDED_TIME")
LISTMONK = columns("uuid,email,name,attributes,status,created_at,updated_at")
MAUTIC = columns(
    "id,title,firstname,lastname,company,position,email,phone,mobile,fax,address1,address2,city,state,zipcode,"
    "country,preferred_locale,timezone,last_active,date_identified,points,ip,doNotContact"
)

_SUBSCRIBER = {
    "Email Address": "ann@example.com",
    "First Name": "Ann",
    "Last Name": "Lee",
    "Address": "1 High Street",
    "Phone Number": A,
    "MEMBER_RATING": "2",
    "OPTIN_TIME": "2024-02-01 09:00:00",
    "OPTIN_IP": "192.0.2.1",
    "CONFIRM_TIME": "2024-02-01 09:00:00",
    "CONFIRM_IP": "192.0.2.1",
    "CC": "FR",
    "LEID": "44877845",
    "EUID": "c2cb0681af",
}
_ATTRIBUTES = {
    "phone": A,
    "mobile_phone": [B, C],
    "fax": FAX,
    "phone_verified": True,
    "phone_type": "mobile",
    "city": "Berlin",
    "customer": 2025550104,
}

FILES = (
    Exported("Mailchimp", SUBSCRIBED, _SUBSCRIBER, [(A, "")], person(address="1 High Street"), [], "c2cb0681af"),
    Exported(
        "Mailchimp",
        UNSUBSCRIBED,
        {**_SUBSCRIBER, "UNSUB_TIME": "2024-05-01 10:00:00", "UNSUB_REASON": "NORMAL"},
        [(A, "")],
        person(address="1 High Street"),
        ["", ""],
        "c2cb0681af",
    ),
    Exported(
        "Brevo",
        BREVO,
        {
            "CONTACT ID": "7",
            "EMAIL": "ann@example.com",
            "FIRSTNAME": "Ann",
            "LASTNAME": "Lee",
            "SMS": A,
            "LANDLINE_NUMBER": B,
            "WHATSAPP": C,
            "DOUBLE_OPT-IN": "1",
            "OPT_IN": "1",
            "EMAIL_BLACKLISTED": "1",
            "SMS_BLACKLISTED": "1",
        },
        [(A, "sms"), (B, "landline"), (C, "whatsapp")],
        person(),
        ["sms"],
        "7",
    ),
    Exported(
        "Brevo",
        BREVO_FRENCH,
        {"EMAIL": "ann@example.com", "NOM": "Lee", "PRENOM": "Ann", "SMS": A, "SMS_BLACKLISTED": "0"},
        [(A, "sms")],
        person(),
    ),
    *(
        Exported(
            "listmonk",
            LISTMONK,
            {
                "uuid": "7a1f",
                "email": "ann@example.com",
                "name": "Ann Lee",
                "attributes": json.dumps(_ATTRIBUTES),
                "status": status,
            },
            [(A, ""), (B, "mobile"), (C, "mobile")],
            person(),
            optouts,
            "7a1f",
        )
        for status, optouts in (("enabled", []), ("blocklisted", [""]))
    ),
    Exported(
        "Mautic",
        MAUTIC,
        {
            "id": "12",
            "firstname": "Ann",
            "lastname": "Lee",
            "company": "Acme",
            "email": "ann@example.com",
            "phone": A,
            "mobile": B,
            "fax": FAX,
            "address1": "1 High Street",
            "country": "Spain",
            "preferred_locale": "en",
            "points": "10",
            "ip": "192.0.2.1",
            "doNotContact": "2",
        },
        [(A, ""), (B, "mobile")],
        person(organisation="Acme", address="1 High Street", country="ES", language="en"),
        [""],
        "12",
    ),
)
