"""Words of the console's lists and of what finds things: English and German."""

from typing import Final

EN: Final = {
    "list_number": "Number",
    "list_address": "Address",
    "list_city": "City",
    "list_audience": "Audience",
    "list_units_of": "Units of",
    "list_all_units": "All units, page by page",
    "list_cut": "More fits this than is looked through, so some may be missing. Write more of it.",
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
    "list_cut": "Dazu passt mehr, als durchsucht wird; es kann etwas fehlen. Geben Sie mehr davon an.",
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
