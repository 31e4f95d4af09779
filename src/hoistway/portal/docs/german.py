"""The sentences of the OpenAPI document in German: the document itself stays in one language."""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup, escape

from hoistway.web.words import Lang

GERMAN: Final[Mapping[str, str]] = {
    "List units": "Anlagen auflisten",
    "Read a unit": "Eine Anlage lesen",
    "Changes of units": "Änderungen der Anlagen",
    "`next_since` of the answer before; empty at first: then there are no changes, and `next_since` is of now.": "`next_since` der Antwort "
    "davor; zuerst leer: dann gibt es keine Änderungen, und `next_since` ist von jetzt.",
    "removed: take it out of the copy.": "removed: nehmen Sie sie aus der Kopie.",
    "null where it was removed.": "null, wo sie entfernt wurde.",
    "Send it as `since` next time, also where there is no more now.": "Senden Sie ihn beim nächsten Mal als `since`, auch wenn es jetzt nicht "
    "mehr gibt.",
    "There is more now.": "Es gibt jetzt noch mehr.",
    "Changes since then are not known any more, or the token sees another part: read the whole list again.": "Änderungen seitdem sind nicht "
    "mehr bekannt, oder das Token sieht einen anderen Teil: lesen Sie die ganze Liste neu.",
    "List sites": "Standorte auflisten",
    "Who this token is": "Wem dieses Token gehört",
    "Read the token's own user": "Die Person des Tokens lesen",
    "Change the token's own user": "Die Person des Tokens ändern",
    "The OpenAPI document": "Das OpenAPI-Dokument",
    "Id of a unit.": "Id einer Anlage.",
    "Id of the token's own user.": "Id der Person des Tokens.",
    "Units of one site.": "Anlagen eines Standorts.",
    "Units of one type.": "Anlagen einer Art.",
    "Part of an id, a number or an address; case does not count.": "Teil einer Id, einer Nummer oder einer Adresse; Groß- und "
    "Kleinschreibung zählt nicht.",
    "Rows on a page.": "Zeilen je Seite.",
    "`next_cursor` of the page before, with the same filters; empty for the first page.": "`next_cursor` der "
    "Seite davor, mit denselben Filtern; leer für die erste Seite.",
    "ETag of the version the client has.": "ETag des Stands, den das Programm schon hat.",
    "OpenAPI 3.1.": "OpenAPI 3.1.",
    "The client has this version already.": "Das Programm hat diesen Stand schon.",
    "Id of this request, also in the server's log.": "Id dieser Anfrage, auch im Protokoll des Servers.",
    "Strong; send it back as If-None-Match.": "Stark; senden Sie es als If-None-Match zurück.",
    'Absolute URL of the next page, with rel="next"; absent on the last one.': 'Absolute URL der nächsten Seite, mit rel="next"; '
    "fehlt auf der letzten.",
    "Members that are left out stay as they are. At most 64 KiB.": "Was fehlt, bleibt wie es ist. Höchstens 64 KiB.",
    "A parameter, header or body is malformed, unknown or repeated.": "Ein Parameter, Header oder Inhalt ist fehlerhaft, "
    "unbekannt oder wiederholt.",
    "The access token is expired, revoked, meant for another API, or its holder has lost access.": "Das Zugriffstoken ist "
    "abgelaufen, widerrufen, für eine andere API, oder sein Inhaber hat den Zugang verloren.",
    "The access token lacks the scope of the operation.": "Dem Zugriffstoken fehlt der Scope der Operation.",
    "It does not exist, or the token's customer may not see it.": "Es gibt das nicht, oder der Kunde des Tokens darf es nicht sehen.",
    "The body is larger than the operation reads.": "Der Inhalt ist größer, als die Operation liest.",
    "What is to be changed is not in the version that If-Match names.": "Was geändert werden soll, ist nicht in dem Stand, den "
    "If-Match nennt.",
    "ETag of the version that is to be changed; without it, whatever version there is.": "ETag des Stands, der geändert werden "
    "soll; ohne ihn der, der gerade gilt.",
    "The body is of another type or encoding than the operation reads.": "Der Inhalt ist von anderer Art oder Kodierung, als die "
    "Operation liest.",
    "The server can't answer at the moment.": "Der Server kann gerade nicht antworten.",
    "The product needs a subscription key and the request brings none.": "Das Produkt verlangt einen Abonnementschlüssel, und "
    "die Anfrage bringt keinen.",
    "The subscription key is unknown, ended, another customer's, or its subscription is not active.": "Den "
    "Abonnementschlüssel gibt es nicht, er ist beendet, gehört einem anderen Kunden, oder sein Abonnement ist nicht aktiv.",
    "More calls in a short time than the product allows: wait as long as Retry-After says.": "Mehr Aufrufe in kurzer Zeit, als "
    "das Produkt erlaubt: warten Sie, solange Retry-After sagt.",
    "More calls in a long time than the product allows: wait as long as Retry-After says.": "Mehr Aufrufe in langer Zeit, als "
    "das Produkt erlaubt: warten Sie, solange Retry-After sagt.",
    "Limits and what is left of them": "Grenzen und was davon übrig ist",
    "Limits of the product (draft-ietf-httpapi-ratelimit-headers), where there are any.": "Grenzen des Produkts "
    "(draft-ietf-httpapi-ratelimit-headers), wo es welche gibt.",
    "Calls left (r) and seconds until the next window (t) of each limit.": "Übrige Aufrufe (r) und Sekunden bis zum nächsten "
    "Fenster (t) jeder Grenze.",
    "Calls that a window allows.": "Aufrufe, die ein Fenster erlaubt.",
    "Length of a window.": "Länge eines Fensters.",
    "Calls counted in the window in hand.": "Im laufenden Fenster gezählte Aufrufe.",
    "Calls that are left in it.": "Aufrufe, die darin übrig sind.",
    "Seconds until the next window.": "Sekunden bis zum nächsten Fenster.",
    "When that is, in seconds since 1970-01-01T00:00:00Z.": "Wann das ist, in Sekunden seit 1970-01-01T00:00:00Z.",
    "Id of the product.": "Id des Produkts.",
    "Its name in German; the same where it has no other.": "Sein Name auf Deutsch; derselbe, wo es keinen anderen hat.",
    "The product whose limits hold; null where nothing is limited.": "Das Produkt, dessen Grenzen gelten; null, wo nichts "
    "begrenzt ist.",
    "The token's customer.": "Der Kunde des Tokens.",
    "The key's subscription; null without a key: then calls count for the customer.": "Das Abonnement des Schlüssels; null ohne "
    "Schlüssel: dann zählen Aufrufe für den Kunden.",
    "Whether the product needs a key.": "Ob das Produkt einen Schlüssel verlangt.",
    "Calls in a short time (429 beyond); null is no limit.": "Aufrufe in kurzer Zeit (darüber 429); null heißt keine Grenze.",
    "Calls in a long time (403 beyond); null is no limit.": "Aufrufe in langer Zeit (darüber 403); null heißt keine Grenze.",
    "For the next page; null on the last one.": "Für die nächste Seite; null auf der letzten.",
    "Id of the site.": "Id des Standorts.",
    "Name of the building.": "Name des Gebäudes.",
    "Street and number.": "Straße und Hausnummer.",
    "Postal code.": "Postleitzahl.",
    "City.": "Ort.",
    "ISO 3166-1 alpha-2.": "ISO 3166-1 Alpha-2.",
    "Which floor it is, within the unit.": "Welche Haltestelle der Anlage es ist.",
    "As written in the car.": "Wie im Fahrkorb angeschrieben.",
    "mm; null where it is not known.": "mm; null, wo es nicht bekannt ist.",
    "kg": "kg",
    "m/s": "m/s",
    "Country and number.": "Land und Nummer.",
    "What it is.": "Was es ist.",
    "ERP or job number.": "ERP- oder Auftragsnummer.",
    "For example TAC20, TAC32, E.COR.": "Zum Beispiel TAC20, TAC32, E.COR.",
    "In words.": "In Worten.",
    "single, double or twin.": "single, double oder twin.",
    "The maker's.": "Die des Herstellers.",
    "The customer's own number.": "Die eigene Nummer des Kunden.",
    "What the token's customer is to this unit.": "Was der Kunde des Tokens für diese Anlage ist.",
    "When this data last changed, UTC.": "Wann sich diese Daten zuletzt änderten, UTC.",
    "Units there that the token sees.": "Anlagen dort, die das Token sieht.",
    "Stable UUID of the user, or id of the technical account.": "Bleibende UUID der Person oder Id des technischen Kontos.",
    "Sign-in name.": "Anmeldename.",
    "Display name.": "Anzeigename.",
    "E-mail addresses, the first is the main one.": "E-Mail-Adressen, die erste ist die wichtigste.",
    "Words such as employee.": "Wörter wie employee.",
    "Who is behind the token.": "Wer hinter dem Token steht.",
    "Whether the flags hold employee.": "Ob employee unter den flags ist.",
    "Id of the customer.": "Id des Kunden.",
    "Its name.": "Sein Name.",
    "Whether an employee acts for the customer without being its member.": "Ob jemand vom Betreiber für den Kunden handelt, ohne "
    "ihm anzugehören.",
    "Then the customer's id.": "Dann die Id des Kunden.",
    "Units that this token sees.": "Anlagen, die dieses Token sieht.",
    "Scopes of the token.": "Scopes des Tokens.",
    "The application that got the token.": "Die Anwendung, die das Token bekam.",
    "Seconds since 1970-01-01T00:00:00Z.": "Sekunden seit 1970-01-01T00:00:00Z.",
    "New display name, printable characters.": "Neuer Anzeigename, druckbare Zeichen.",
    "Language of the hosted pages; null means none is chosen.": "Sprache der Seiten; null heißt, keine ist gewählt.",
    "en, de or not chosen.": "en, de oder nicht gewählt.",
}
"""Every one stands in the document word for word: a test fails on one that no longer does, and on one that is missing."""


def in_words(sentence: str, lang: Lang) -> Markup:
    """A sentence of the document in the reader's language; one without a German translation is marked as English."""
    if lang == "en":
        return _with_code(sentence)
    if sentence in GERMAN:
        return _with_code(GERMAN[sentence])
    return Markup('<span lang="en">{}</span>').format(_with_code(sentence)) if sentence else Markup("")


def _with_code(sentence: str) -> Markup:
    """Text between backticks becomes code."""
    parts = sentence.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part) for index, part in enumerate(parts)
    )
