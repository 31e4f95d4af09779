"""The words of the token inspector."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "inspect_title": "Token inspector",
    "inspect_lead": "Paste a token: the page decodes it as you paste. The server judges it once you ask, and keeps nothing of it.",
    "inspect_token": "Token",
    "inspect_token_hint": "An access token, as it comes from the token endpoint. The word Bearer in front and line breaks do no harm.",
    "inspect_unit": "Unit id",
    "inspect_unit_hint": "To ask: would this token open this unit? For example US-1377515.",
    "inspect_verify": "Verify on the server",
    "inspect_verifying": "Verifying",
    "inspect_clear": "Clear",
    "inspect_local": "Decoded in this page, verified by nobody",
    "inspect_verdict": "Verdict of the server",
    "inspect_forgotten": "The token was judged and not kept.",
    "inspect_clock": "The server’s clock says {now}.",
    "inspect_accepted": "The Customer API accepts this token",
    "inspect_refused": "The Customer API refuses this token",
    "inspect_signed": "This server signed this token",
    "inspect_unsigned": "This server did not sign this token as it stands",
    "inspect_part": (
        "Nothing that the token says of itself stands against it. Whether its account, application and customer "
        "are active, and which units it opens, only readers of its customer learn here."
    ),
    "inspect_part_sign_in": "If it is your own token, sign in.",
    "inspect_forged": "Nothing else in it can be trusted, so nothing else was looked up.",
    "inspect_opens": "Units",
    "inspect_opens_count": "It opens {count} units of {customer}: all of them.",
    "inspect_opens_limited": "It opens {count} units of {customer}, those of the sites and units that the membership names.",
    "inspect_opens_none": "It opens no unit: {customer} has none.",
    "inspect_opens_first": "The first ones:",
    "inspect_unit_yes": "Yes, it opens {unit}.",
    "inspect_unit_no": (
        "No, it does not open {unit}: the unit is not in its customer, or not in the sites and units that the "
        "membership names. The API answers 404."
    ),
    "inspect_unit_refused": "No, it does not open {unit}: the token itself is refused.",
    "inspect_unit_scope": "No, it does not open {unit}: the token lacks the scope units.read. The API answers 403.",
    "inspect_unit_unknown": "Whether it opens {unit} is told to readers of its customer alone.",
    "inspect_operations": "Operations",
    "inspect_operation": "Operation",
    "inspect_needs": "Needs",
    "inspect_access": "With this token",
    "inspect_any": "any token",
    "inspect_open": "open",
    "inspect_closed": "scope missing",
    "inspect_claims": "What the token says",
    "inspect_claim": "Claim",
    "inspect_value": "Value",
    "inspect_js_ends": "ends in {left}",
    "inspect_js_ended": "ended {left} ago",
    "inspect_js_begins": "begins in {left}",
    "inspect_js_skew": "This device’s clock is {left} off the server’s. Times here are judged by the server’s.",
    "inspect_js_failed": "The server did not answer. Check the connection and verify again.",
}

DE: Final[Words] = {
    "inspect_title": "Token-Ansicht",
    "inspect_lead": (
        "Fügen Sie ein Token ein: Die Seite entschlüsselt es sofort. Der Server beurteilt es erst, wenn Sie "
        "fragen, und behält nichts davon."
    ),
    "inspect_token": "Token",
    "inspect_token_hint": "Ein Zugriffstoken, wie es vom Token-Endpunkt kommt. Das Wort Bearer davor und Zeilenumbrüche schaden nicht.",
    "inspect_unit": "Anlagen-Id",
    "inspect_unit_hint": "Für die Frage: Würde dieses Token diese Anlage öffnen? Zum Beispiel US-1377515.",
    "inspect_verify": "Auf dem Server prüfen",
    "inspect_verifying": "Wird geprüft",
    "inspect_clear": "Leeren",
    "inspect_local": "In dieser Seite gelesen, von niemandem geprüft",
    "inspect_verdict": "Urteil des Servers",
    "inspect_forgotten": "Das Token wurde beurteilt und nicht behalten.",
    "inspect_clock": "Die Uhr des Servers zeigt {now}.",
    "inspect_accepted": "Die Customer API nimmt dieses Token an",
    "inspect_refused": "Die Customer API lehnt dieses Token ab",
    "inspect_signed": "Dieser Server hat das Token signiert",
    "inspect_unsigned": "So, wie es hier steht, hat dieser Server das Token nicht signiert",
    "inspect_part": (
        "Nichts, was das Token über sich sagt, spricht gegen es. Ob Konto, Anwendung und Kunde aktiv sind und "
        "welche Anlagen es öffnet, erfahren hier nur Leser seines Kunden."
    ),
    "inspect_part_sign_in": "Ist es Ihr eigenes Token, melden Sie sich an.",
    "inspect_forged": "Auf nichts anderes darin ist Verlass, deshalb wurde nichts weiter nachgesehen.",
    "inspect_opens": "Anlagen",
    "inspect_opens_count": "Es öffnet {count} Anlagen von {customer}: alle.",
    "inspect_opens_limited": "Es öffnet {count} Anlagen von {customer}, die der Standorte und Anlagen, die die Mitgliedschaft nennt.",
    "inspect_opens_none": "Es öffnet keine Anlage: {customer} hat keine.",
    "inspect_opens_first": "Die ersten:",
    "inspect_unit_yes": "Ja, es öffnet {unit}.",
    "inspect_unit_no": (
        "Nein, es öffnet {unit} nicht: Die Anlage gehört nicht zu seinem Kunden, oder nicht zu den Standorten "
        "und Anlagen der Mitgliedschaft. Die API antwortet 404."
    ),
    "inspect_unit_refused": "Nein, es öffnet {unit} nicht: Das Token selbst wird abgelehnt.",
    "inspect_unit_scope": "Nein, es öffnet {unit} nicht: Dem Token fehlt der Scope units.read. Die API antwortet 403.",
    "inspect_unit_unknown": "Ob es {unit} öffnet, erfahren nur Leser seines Kunden.",
    "inspect_operations": "Operationen",
    "inspect_operation": "Operation",
    "inspect_needs": "Braucht",
    "inspect_access": "Mit diesem Token",
    "inspect_any": "irgendein Token",
    "inspect_open": "offen",
    "inspect_closed": "Scope fehlt",
    "inspect_claims": "Was das Token sagt",
    "inspect_claim": "Claim",
    "inspect_value": "Wert",
    "inspect_js_ends": "endet in {left}",
    "inspect_js_ended": "endete vor {left}",
    "inspect_js_begins": "beginnt in {left}",
    "inspect_js_skew": "Die Uhr dieses Geräts geht {left} anders als die des Servers. Zeiten gelten hier nach der des Servers.",
    "inspect_js_failed": "Der Server hat nicht geantwortet. Prüfen Sie die Verbindung und prüfen Sie noch einmal.",
}
