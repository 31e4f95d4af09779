"""The words of the frame: navigation, forms, tables."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "frame_skip": "Skip to content",
    "frame_menu": "Menu",
    "frame_contents": "Contents",
    "frame_home": "Developer portal",
    "frame_guides": "Guides",
    "frame_reference": "API reference",
    "frame_token": "Get a token",
    "frame_products": "Products",
    "frame_applications": "Applications",
    "frame_usage": "Usage",
    "frame_access": "Access to this customer",
    "frame_operate": "Operate",
    "frame_switch": "Switch customer",
    "frame_problems": "Check these entries:",
    "frame_copy": "Copy",
    "frame_copied": "Copied",
    "frame_next_page": "Next page",
    "frame_first_page": "First page",
    "frame_optional": "optional",
    "frame_discovery": "Discovery document",
    "frame_acting": "You act for {customer}. What you do is recorded.",
    "frame_terms": "Terms of use",
    "frame_breadcrumbs": "You are here",
    "notice_customer": "You now look at another customer.",
}

DE: Final[Words] = {
    "frame_skip": "Zum Inhalt",
    "frame_menu": "Menü",
    "frame_contents": "Inhalt",
    "frame_home": "Entwicklerportal",
    "frame_guides": "Anleitungen",
    "frame_reference": "API-Referenz",
    "frame_token": "Token holen",
    "frame_products": "Produkte",
    "frame_applications": "Anwendungen",
    "frame_usage": "Nutzung",
    "frame_access": "Zugang zu diesem Kunden",
    "frame_operate": "Betrieb",
    "frame_switch": "Kunden wechseln",
    "frame_problems": "Diese Angaben stimmen noch nicht:",
    "frame_copy": "Kopieren",
    "frame_copied": "Kopiert",
    "frame_next_page": "Nächste Seite",
    "frame_first_page": "Erste Seite",
    "frame_optional": "freiwillig",
    "frame_discovery": "Discovery-Dokument",
    "frame_acting": "Sie handeln für {customer}. Was Sie tun, wird aufgezeichnet.",
    "frame_terms": "Nutzungsbedingungen",
    "frame_breadcrumbs": "Sie sind hier",
    "notice_customer": "Sie sehen jetzt einen anderen Kunden.",
}
