"""Files of Google Contacts, Outlook and Thunderbird."""

from tests.crm.imports.exported.row import FAX, A, B, C, D, Exported, columns, person

GOOGLE_OLD = columns(
    "Name,Given Name,Additional Name,Family Name,Yomi Name,Given Name Yomi,Additional Name Yomi,Family Name Yomi,"
    "Name Prefix,Name Suffix,Initials,Nickname,Short Name,Maiden Name,Birthday,Gender,Location,"
    "Billing Information,Directory Server,Mileage,Occupation,Hobby,Sensitivity,Priority,Subject,Notes,Language,"
    "Photo,Group Membership,E-mail 1 - Type,E-mail 1 - Value,E-mail 2 - Type,E-mail 2 - Value,IM 1 - Type,"
    "IM 1 - Service,IM 1 - Value,Phone 1 - Type,Phone 1 - Value,Phone 2 - Type,Phone 2 - Value,Phone 3 - Type,"
    "Phone 3 - Value,Address 1 - Type,Address 1 - Formatted,Address 1 - Street,Address 1 - City,"
    "Address 1 - PO Box,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,"
    "Address 1 - Extended Address,Organization 1 - Type,Organization 1 - Name,Organization 1 - Yomi Name,"
    "Organization 1 - Title,Organization 1 - Department,Organization 1 - Symbol,Organization 1 - Location,"
    "Organization 1 - Job Description,Website 1 - Type,Website 1 - Value,Custom Field 1 - Type,"
    "Custom Field 1 - Value"
)
GOOGLE_NEW = columns(
    "First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,Name Prefix,"
    "Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,"
    "Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,"
    "Phone 1 - Value,Phone 2 - Label,Phone 2 - Value,Phone 3 - Label,Phone 3 - Value,Address 1 - Label,"
    "Address 1 - Formatted,Address 1 - Street,Address 1 - City,Address 1 - PO Box,Address 1 - Region,"
    "Address 1 - Postal Code,Address 1 - Country,Address 1 - Extended Address,Relation 1 - Label,"
    "Relation 1 - Value,Website 1 - Label,Website 1 - Value,Event 1 - Label,Event 1 - Value,"
    "Custom Field 1 - Label,Custom Field 1 - Value"
)
OUTLOOK = columns(
    "Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,Business Street,"
    "Business Street 2,Business Street 3,Business City,Business State,Business Postal Code,"
    "Business Country/Region,Home Street,Home Street 2,Home Street 3,Home City,Home State,Home Postal Code,"
    "Home Country/Region,Other Street,Other Street 2,Other Street 3,Other City,Other State,Other Postal Code,"
    "Other Country/Region,Assistant's Phone,Business Fax,Business Phone,Business Phone 2,Callback,Car Phone,"
    "Company Main Phone,Home Fax,Home Phone,Home Phone 2,ISDN,Mobile Phone,Other Fax,Other Phone,Pager,"
    "Primary Phone,Radio Phone,TTY/TDD Phone,Telex,Account,Anniversary,Assistant's Name,Billing Information,"
    "Birthday,Business Address PO Box,Categories,Children,Directory Server,E-mail Address,E-mail Type,"
    "E-mail Display Name,E-mail 2 Address,E-mail 2 Type,E-mail 2 Display Name,E-mail 3 Address,E-mail 3 Type,"
    "E-mail 3 Display Name,Gender,Government ID Number,Hobby,Home Address PO Box,Initials,Internet Free Busy,"
    "Keywords,Language,Location,Manager's Name,Mileage,Notes,Office Location,Organizational ID Number,"
    "Other Address PO Box,Priority,Private,Profession,Referred By,Sensitivity,Spouse,User 1,User 2,User 3,User 4,"
    "Web Page"
)
OUTLOOK_COM = columns(
    "First Name,Middle Name,Last Name,Title,Suffix,Nickname,Given Yomi,Surname Yomi,E-mail Address,"
    "E-mail 2 Address,E-mail 3 Address,Home Phone,Home Phone 2,Business Phone,Business Phone 2,Mobile Phone,"
    "Car Phone,Other Phone,Primary Phone,Pager,Business Fax,Home Fax,Other Fax,Company Main Phone,Callback,"
    "Radio Phone,Telex,TTY/TDD Phone,IMAddress,Job Title,Department,Company,Office Location,Manager's Name,"
    "Assistant's Name,Assistant's Phone,Company Yomi,Business Street,Business City,Business State,"
    "Business Postal Code,Business Country/Region,Home Street,Home City,Home State,Home Postal Code,"
    "Home Country/Region,Other Street,Other City,Other State,Other Postal Code,Other Country/Region,"
    "Personal Web Page,Spouse,Schools,Hobby,Location,Web Page,Birthday,Anniversary,Notes"
)
OUTLOOK_GERMAN = columns(
    "Anrede;Vorname;Weitere Vornamen;Nachname;Suffix;Firma;Abteilung;Position;Straße geschäftlich;"
    "Straße geschäftlich 2;Straße geschäftlich 3;Ort geschäftlich;Region geschäftlich;Postleitzahl geschäftlich;"
    "Land/Region geschäftlich;Straße privat;Straße privat 2;Straße privat 3;Ort privat;Bundesland/Kanton privat;"
    "Postleitzahl privat;Land/Region privat;Weitere Straße;Weitere Straße 2;Weitere Straße 3;Weiterer Ort;"
    "Weiteres/r Bundesland/Kanton;Weitere Postleitzahl;Weiteres/e Land/Region;Telefon Assistent;Fax geschäftlich;"
    "Telefon geschäftlich;Telefon geschäftlich 2;Rückmeldung;Autotelefon;Telefon Firma;Fax privat;Telefon privat;"
    "Telefon privat 2;ISDN;Mobiltelefon;Weiteres Fax;Weiteres Telefon;Pager;Haupttelefon;Mobiltelefon 2;"
    "Telefon für Hörbehinderte;Telex;Abrechnungsinformation;Benutzer 1;Benutzer 2;Benutzer 3;Benutzer 4;Beruf;"
    "Büro;E-Mail-Adresse;E-Mail-Typ;E-Mail: Angezeigter Name;E-Mail 2: Adresse;E-Mail 2: Typ;"
    "E-Mail 2: Angezeigter Name;Empfohlen von;Geburtstag;Geschlecht;Hobby;Initialen;Internet-Frei/Gebucht;"
    "Jahrestag;Kategorien;Kinder;Konto;Name Assistent;Name des/der Vorgesetzten;Notizen;Organisationsnr.;Ort;"
    "Partner/in;Postfach geschäftlich;Postfach privat;Priorität;Privat;Regierungsnr.;Reisekilometer;Sprache;"
    "Stichwörter;Vertraulichkeit;Verzeichnisserver;Webseite;Weiteres Postfach"
)
THUNDERBIRD = columns(
    "First Name,Last Name,Display Name,Nickname,Primary Email,Secondary Email,Screen Name,Work Phone,Home Phone,"
    "Fax Number,Pager Number,Mobile Number,Home Address,Home Address 2,Home City,Home State,Home ZipCode,"
    "Home Country,Work Address,Work Address 2,Work City,Work State,Work ZipCode,Work Country,Job Title,"
    "Department,Organization,Web Page 1,Web Page 2,Birth Year,Birth Month,Birth Day,Custom 1,Custom 2,Custom 3,"
    "Custom 4,Notes"
)
THUNDERBIRD_GERMAN = columns(
    "Vorname,Nachname,Anzeigename,Spitzname,Primäre E-Mail-Adresse,Sekundäre E-Mail-Adresse,Messenger-Name,"
    "Tel. dienstlich,Tel. privat,Fax-Nummer,Pager-Nummer,Mobil-Tel.-Nr.,Privat: Adresse,Privat: Adresse 2,"
    "Privat: Ort,Privat: Bundesland,Privat: PLZ,Privat: Land,Dienstlich: Adresse,Dienstlich: Adresse 2,"
    "Dienstlich: Ort,Dienstlich: Bundesland,Dienstlich: PLZ,Dienstlich: Land,Arbeitstitel,Abteilung,Organisation,"
    "Webseite 1,Webseite 2,Geburtsjahr,Geburtsmonat,Geburtstag,Benutzerdef. 1,Benutzerdef. 2,Benutzerdef. 3,"
    "Benutzerdef. 4,Notizen"
)
_OLD_GERMAN = {"Tel. dienstlich": "Diensttelefon", "Tel. privat": "Telefon privat"}

_OUTLOOK_ROW = {
    "First Name": "Ann",
    "Last Name": "Lee",
    "Company": "Acme",
    "E-mail Address": "ann@example.com",
    "Home Street": "1 High Street",
    "Home Country/Region": "United Kingdom",
    "Business Phone": A,
    "Mobile Phone": B,
    "Assistant's Phone": C,
    "Callback": D,
    "Business Fax": FAX,
    "Home Fax": FAX,
    "Pager": FAX,
}
_OUTLOOK_PERSON = person(organisation="Acme", address="1 High Street", country="GB")

FILES = (
    Exported(
        "Google Contacts",
        GOOGLE_OLD,
        {
            "Name": "Ann Lee",
            "Given Name": "Ann",
            "Family Name": "Lee",
            "Language": "English, French",
            "E-mail 1 - Value": "ann@example.com ::: lee@example.com",
            "Phone 1 - Type": "Mobile ::: Work Fax ::: Work",
            "Phone 1 - Value": f"{A} ::: {FAX} ::: {B}",
            "Phone 2 - Type": "Home Fax",
            "Phone 2 - Value": FAX,
            "Phone 3 - Value": C,
            "Address 1 - Formatted": "1 High Street",
            "Address 1 - Country": "Deutschland",
            "Organization 1 - Name": "Acme",
        },
        [(A, "mobile"), (B, "work"), (C, "")],
        person(organisation="Acme", address="1 High Street", country="DE"),
    ),
    Exported(
        "Google Contacts",
        GOOGLE_NEW,
        {
            "First Name": "Ann",
            "Last Name": "Lee",
            "Phonetic First Name": "An",
            "E-mail 1 - Value": "ann@example.com",
            "Phone 1 - Label": "* Mobile",
            "Phone 1 - Value": A,
            "Phone 2 - Label": "Holiday home",
            "Phone 2 - Value": f"{B} ::: {C}",
            "Address 1 - Formatted": "1 High Street",
            "Address 1 - Country": "GB",
            "Organization Name": "Acme",
            "Event 1 - Value": "2020-01-01",
        },
        [(A, "mobile"), (B, "holiday home"), (C, "holiday home")],
        _OUTLOOK_PERSON,
    ),
    Exported(
        "Outlook",
        OUTLOOK,
        {**_OUTLOOK_ROW, "Radio Phone": "+4930231250", "Language": "German", "Account": "ann"},
        [(C, "assistant"), (A, "business"), (D, "callback"), (B, "mobile"), ("+4930231250", "radio")],
        _OUTLOOK_PERSON,
    ),
    Exported(
        "outlook.com",
        OUTLOOK_COM,
        _OUTLOOK_ROW,
        [(A, "business"), (B, "mobile"), (D, "callback"), (C, "assistant")],
        _OUTLOOK_PERSON,
    ),
    Exported(
        "Outlook (German)",
        OUTLOOK_GERMAN,
        {
            "Vorname": "Ann",
            "Nachname": "Lee",
            "Firma": "Acme",
            "E-Mail-Adresse": "ann@example.com",
            "Straße privat": "Hauptstr. 1",
            "Land/Region privat": "Österreich",
            "Telefon geschäftlich": A,
            "Mobiltelefon": B,
            "Rückmeldung": C,
            "Haupttelefon": D,
            "Fax geschäftlich": FAX,
            "Pager": FAX,
        },
        [(A, "geschäftlich"), (C, "rückmeldung"), (B, "mobil"), (D, "haupt")],
        person(organisation="Acme", address="Hauptstr. 1", country="AT"),
    ),
    Exported(
        "Thunderbird",
        THUNDERBIRD,
        {
            "First Name": "Ann",
            "Last Name": "Lee",
            "Display Name": "Annie",
            "Primary Email": "ann@example.com",
            "Work Phone": A,
            "Home Phone": B,
            "Mobile Number": C,
            "Fax Number": FAX,
            "Pager Number": FAX,
            "Home Address": "1 High Street",
            "Home Country": "Great Britain",
            "Organization": "Acme",
        },
        [(A, "work"), (B, "home"), (C, "mobile")],
        _OUTLOOK_PERSON,
    ),
    *(
        Exported(
            "Thunderbird (German)",
            [names.get(header, header) for header in THUNDERBIRD_GERMAN],
            {
                "Vorname": "Ann",
                "Nachname": "Lee",
                "Primäre E-Mail-Adresse": "ann@example.com",
                names.get("Tel. dienstlich", "Tel. dienstlich"): A,
                names.get("Tel. privat", "Tel. privat"): B,
                "Mobil-Tel.-Nr.": C,
                "Fax-Nummer": FAX,
                "Pager-Nummer": FAX,
                "Privat: Adresse": "Hauptstr. 1",
                "Privat: Land": "Schweiz",
                "Organisation": "Acme",
            },
            [(A, "dienstlich"), (B, "privat"), (C, "mobil")],
            person(organisation="Acme", address="Hauptstr. 1", country="CH"),
        )
        for names in ({}, _OLD_GERMAN)
    ),
)
