"""Files of CiviCRM, Zoho, HubSpot and Salesforce."""

from tests.crm.imports.exported.row import FAX, A, B, C, D, Exported, columns, person

CIVICRM = columns(
    "Contact ID,Contact Type,Contact Subtype,Do Not Email,Do Not Phone,Do Not Mail,Do Not Sms,Do Not Trade,"
    "No Bulk Emails (User Opt Out),Legal Identifier,External Identifier,Sort Name,Display Name,Nickname,"
    "Legal Name,Image Url,Preferred Communication Method,Preferred Language,Contact Source,First Name,"
    "Middle Name,Last Name,Individual Prefix,Individual Suffix,Job Title,Birth Date,Deceased,Current Employer,"
    "Street Address,Street Number,Supplemental Address 1,City,Postal Code,State,Country,Phone,Phone Extension,"
    "Phone Type,Email,On Hold,IM Provider,Note(s),Group(s),Tag(s)"
)
CIVICRM_PLACES = columns(
    "Internal Contact ID,Contact Type,First Name,Last Name,Home-Phone-Phone,Home-Phone Ext-Phone,"
    "Home-Phone-Mobile,Work-Phone-Fax,Home-Email,Do Not Phone,User Opt Out"
)
ZOHO = columns(
    "Record Id,Contact Owner.id,Contact Owner,Lead Source,First Name,Last Name,Full Name,Account Name.id,"
    "Account Name,Vendor Name,Email,Title,Department,Phone,Home Phone,Other Phone,Fax,Mobile,Date of Birth,"
    "Assistant,Asst Phone,Email Opt Out,SMS Opt Out,Skype ID,Secondary Email,Twitter,Reporting To,"
    "Unsubscribed Mode,Unsubscribed Time,Mailing Street,Other Street,Mailing City,Mailing State,Mailing Zip,"
    "Mailing Country,Other Country,Description,Tag,Created Time,Modified Time"
)
HUBSPOT = columns(
    "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,WhatsApp Phone Number,Contact owner,"
    "Associated Company,Company Name,Lead Status,Marketing contact status,Unsubscribed from all email,"
    "Opted out of email: Marketing Information,Opted out of SMS,Job Title,Street Address,City,State/Region,"
    "Postal Code,Country/Region,IP Country,Fax Number,Calculated Phone Number Area Code,"
    "Calculated Phone Number Country Code,Calculated Mobile Number in International Format,"
    "Number of Form Submissions,Preferred language,Create Date,Last Activity Date"
)
SALESFORCE_API = columns(
    "Id,IsDeleted,MasterRecordId,AccountId,LastName,FirstName,Salutation,Name,OtherStreet,OtherCity,OtherState,"
    "OtherPostalCode,OtherCountry,MailingStreet,MailingCity,MailingState,MailingPostalCode,MailingCountry,"
    "MailingCountryCode,Phone,Fax,MobilePhone,HomePhone,OtherPhone,AssistantPhone,ReportsToId,Email,Title,"
    "Department,AssistantName,LeadSource,Birthdate,Description,OwnerId,HasOptedOutOfEmail,HasOptedOutOfFax,"
    "DoNotCall,CreatedDate,CreatedById,LastModifiedDate,SystemModstamp,LastActivityDate,EmailBouncedReason,"
    "IsEmailBounced,Jigsaw"
)
SALESFORCE_REPORT = columns(
    "Salutation,First Name,Last Name,Title,Account Name,Mailing Street,Mailing City,Mailing State/Province,"
    "Mailing Zip/Postal Code,Mailing Country,Phone,Mobile,Fax,Asst. Phone,Email,Email Opt Out,Do Not Call,"
    "Account Owner,Last Activity"
)
SALESFORCE_LEAD = columns(
    "Id,IsDeleted,LastName,FirstName,Salutation,Name,Title,Company,Street,City,State,PostalCode,Country,"
    "CountryCode,Phone,MobilePhone,Fax,Email,Website,Description,LeadSource,Status,Industry,Rating,OwnerId,"
    "HasOptedOutOfEmail,IsConverted,ConvertedDate,DoNotCall,HasOptedOutOfFax,CreatedDate"
)

_ANN = {"First Name": "Ann", "Last Name": "Lee", "Email": "ann@example.com"}
_ANN_OF_THE_API = {"FirstName": "Ann", "LastName": "Lee", "Name": "Ann Lee", "Email": "ann@example.com"}

FILES = (
    Exported(
        "CiviCRM",
        CIVICRM,
        {
            **_ANN,
            "Contact ID": "203",
            "External Identifier": "old-17",
            "Display Name": "Ms. Ann Lee",
            "Current Employer": "Acme",
            "Street Address": "1 High Street",
            "Country": "United Kingdom",
            "Preferred Language": "en_GB",
            "Phone": A,
            "Phone Extension": "12",
            "Phone Type": "Phone",
            "Do Not Email": "1",
            "Do Not Phone": "1",
            "Do Not Mail": "1",
            "Do Not Sms": "1",
            "Do Not Trade": "1",
        },
        [(f"{A} ext 12", "phone")],
        person(organisation="Acme", address="1 High Street", country="GB", language="en_GB"),
        ["call", "sms"],
        "203",
    ),
    Exported(
        "CiviCRM",
        CIVICRM_PLACES,
        {
            "Internal Contact ID": "203",
            "First Name": "Ann",
            "Last Name": "Lee",
            "Home-Email": "ann@example.com",
            "Home-Phone-Phone": A,
            "Home-Phone Ext-Phone": "12",
            "Home-Phone-Mobile": B,
            "Work-Phone-Fax": FAX,
            "Do Not Phone": "0",
            "User Opt Out": "1",
        },
        [(f"{A} ext 12", "home"), (B, "home mobile")],
        person(),
        [""],
        "203",
    ),
    Exported(
        "Zoho",
        ZOHO,
        {
            **_ANN,
            "Record Id": "zcrm_1",
            "Contact Owner.id": "zcrm_2",
            "Full Name": "Ann Lee",
            "Account Name": "Acme",
            "Phone": A,
            "Mobile": B,
            "Home Phone": C,
            "Asst Phone": D,
            "Fax": FAX,
            "Email Opt Out": "true",
            "SMS Opt Out": "true",
            "Mailing Street": "1 High Street",
            "Mailing Country": "Germany",
            "Description": "Met at a fair",
        },
        [(A, ""), (C, "home"), (B, "mobile"), (D, "assistant")],
        person(organisation="Acme", address="1 High Street", country="DE", notes="Met at a fair"),
        ["sms"],
        "zcrm_1",
    ),
    Exported(
        "HubSpot",
        HUBSPOT,
        {
            **_ANN,
            "Record ID": "101",
            "Phone Number": A,
            "Mobile Phone Number": B,
            "WhatsApp Phone Number": C,
            "Fax Number": FAX,
            "Calculated Mobile Number in International Format": FAX,
            "Calculated Phone Number Area Code": "202",
            "Company Name": "Acme",
            "Marketing contact status": "Non-marketing contact",
            "Unsubscribed from all email": "true",
            "Opted out of email: Marketing Information": "true",
            "Street Address": "1 High Street",
            "Country/Region": "United Kingdom",
            "IP Country": "france",
            "Preferred language": "en",
        },
        [(A, ""), (B, "mobile"), (C, "whatsapp")],
        person(organisation="Acme", address="1 High Street", country="GB", language="en"),
        [],
        "101",
    ),
    Exported(
        "Salesforce (Contact)",
        SALESFORCE_API,
        {
            **_ANN_OF_THE_API,
            "Id": "003A",
            "AccountId": "001A",
            "MailingStreet": "1 High Street",
            "MailingCountry": "United Kingdom",
            "MailingCountryCode": "GB",
            "Phone": A,
            "MobilePhone": B,
            "HomePhone": C,
            "AssistantPhone": D,
            "Fax": FAX,
            "HasOptedOutOfEmail": "1",
            "HasOptedOutOfFax": "1",
            "DoNotCall": "1",
        },
        [(A, ""), (B, "mobile"), (C, "home"), (D, "assistant")],
        person(address="1 High Street", country="GB"),
        ["call"],
        "003A",
    ),
    Exported(
        "Salesforce (Contact)",
        SALESFORCE_REPORT,
        {
            **_ANN,
            "Account Name": "Acme",
            "Mailing Country": "Italy",
            "Phone": A,
            "Mobile": B,
            "Asst. Phone": C,
            "Fax": FAX,
            "Email Opt Out": "1",
            "Do Not Call": "0",
        },
        [(A, ""), (B, "mobile"), (C, "assistant")],
        person(organisation="Acme", country="IT"),
    ),
    Exported(
        "Salesforce (Lead)",
        SALESFORCE_LEAD,
        {
            **_ANN_OF_THE_API,
            "Id": "00QA",
            "Company": "Acme",
            "Street": "1 High Street",
            "CountryCode": "NL",
            "Country": "Netherlands",
            "Phone": A,
            "MobilePhone": B,
            "Fax": FAX,
            "HasOptedOutOfEmail": "true",
            "DoNotCall": "true",
        },
        [(A, ""), (B, "mobile")],
        person(organisation="Acme", address="1 High Street", country="NL"),
        ["call"],
        "00QA",
    ),
)
