"""Words of the console's lists and of what finds things: English and German."""

from typing import Final

EN: Final = {
    "list_number": "Number",
    "list_address": "Address",
    "list_city": "City",
    "list_audience": "Audience",
    "list_units_of": "Units of",
    "list_all_units": "All units, page by page",
    "list_cut": "This fits more than 20 sites, 20 customers or 500 numbers: the first are looked through. Write more of it.",
    "find_things": "People, customers, units",
    "find_documents": "Guides and reference",
    "find_users": "Person",
    "find_customers": "Customer",
    "find_units": "Unit",
    "find_accounts": "Technical account",
    "find_applications": "Application",
    "audit_client": "Application",
    "audit_cut": "More than {count} match one of the words: the first {count} are searched. Write more of the name, or the id.",
}
DE: Final = {
    "list_number": "Nummer",
    "list_address": "Adresse",
    "list_city": "Ort",
    "list_audience": "Empfänger",
    "list_units_of": "Anlagen von",
    "list_all_units": "Alle Anlagen, seitenweise",
    "list_cut": "Das passt zu mehr als 20 Standorten, 20 Kunden oder 500 Nummern: Durchsucht werden die ersten. Geben Sie mehr davon an.",
    "find_things": "Personen, Kunden, Anlagen",
    "find_documents": "Anleitungen und Referenz",
    "find_users": "Person",
    "find_customers": "Kunde",
    "find_units": "Anlage",
    "find_accounts": "Technisches Konto",
    "find_applications": "Anwendung",
    "audit_client": "Anwendung",
    "audit_cut": "Mehr als {count} passen zu einem der Wörter: Gesucht wird nach den ersten {count}. Geben Sie mehr vom Namen oder die Id an.",
}
