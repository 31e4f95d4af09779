"""Words of the console's lists and of what finds things: English and German."""

from typing import Final

EN: Final = {
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
