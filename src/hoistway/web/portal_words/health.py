"""The words of the console's health page."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "health_lead": "How this installation answers, over all customers. All times are UTC.",
    "health_sign_in": "Sign-ins",
    "health_sign_in_calls": "Sign-ins",
    "health_shown": "shown below",
    "health_errors": "errors",
    "health_locked": "Locked out",
    "health_by_way": "By way of signing in",
    "health_way": "Way",
    "health_latest": "Latest failed sign-ins",
    "health_failure_number": "Failure {number} of the day for this account at one place.",
    "health_latest_text": "Of people on the sign-in page, from the audit trail.",
    "health_nobody": "no such account",
    "health_none": "None on record.",
    "health_all": "Audit trail",
    "health_legacy": "Legacy flows per day",
    "health_legacy_password": "Password grant",
    "health_legacy_implicit": "Implicit flow",
    "health_legacy_summary": "{password} uses of the password grant and {implicit} of the implicit flow in 30 days.",
    "health_legacy_unit": "uses per day",
    "health_legacy_all": "Who uses them",
    "health_quiet": "Nothing in this time",
    "health_quiet_text": "Calls appear here a few seconds after they were answered. Choose a longer time.",
}

DE: Final[Words] = {
    "health_lead": "Wie diese Installation antwortet, über alle Kunden. Zeiten in UTC.",
    "health_sign_in": "Anmeldungen",
    "health_sign_in_calls": "Anmeldungen",
    "health_shown": "unten gezeigt",
    "health_errors": "Fehler",
    "health_locked": "Ausgesperrt",
    "health_by_way": "Nach Art der Anmeldung",
    "health_way": "Art",
    "health_latest": "Letzte gescheiterte Anmeldungen",
    "health_failure_number": "Fehlversuch {number} des Tages für dieses Konto an einem Ort.",
    "health_latest_text": "Von Personen auf der Anmeldeseite, aus dem Prüfprotokoll.",
    "health_nobody": "kein solches Konto",
    "health_none": "Keine verzeichnet.",
    "health_all": "Prüfprotokoll",
    "health_legacy": "Alte Verfahren je Tag",
    "health_legacy_password": "Passwort-Grant",
    "health_legacy_implicit": "Impliziter Ablauf",
    "health_legacy_summary": "{password} Nutzungen des Passwort-Grants und {implicit} des impliziten Ablaufs in 30 Tagen.",
    "health_legacy_unit": "Nutzungen je Tag",
    "health_legacy_all": "Wer sie benutzt",
    "health_quiet": "Nichts in dieser Zeit",
    "health_quiet_text": "Aufrufe erscheinen hier wenige Sekunden, nachdem sie beantwortet wurden. Wählen Sie einen längeren Zeitraum.",
}
