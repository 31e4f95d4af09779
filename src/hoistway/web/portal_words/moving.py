"""The words about older systems from which people and technical accounts come."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "old_title": "Older system",
    "old_text": "Passwords that could not be exported are proven there once, when each account is used first; right ones are kept here from then on, and the older system is asked no more.",
    "old_is_on": "Connected",
    "old_is_ended": "Ended",
    "old_is_none": "Not connected",
    "old_stopped": "Disconnected",
    "old_connect": "Connect",
    "old_change": "Change the connection",
    "old_disconnect": "Disconnect",
    "old_disconnect_text": "Nothing is asked there any more: whoever did not sign in yet chooses a new password.",
    "old_endpoint": "Token endpoint",
    "old_endpoint_hint": "Such as https://example.b2clogin.com/example.onmicrosoft.com/B2C_1_ROPC/oauth2/v2.0/token.",
    "old_endpoint_missing": "Give the address of the token endpoint.",
    "old_endpoint_wrong": "The endpoint can’t be asked: {reason}.",
    "old_endpoint_here": (
        "The endpoint is this server itself, which would ask itself: give a name that stays with the older system, such as "
        "example.b2clogin.com."
    ),
    "old_client": "Client id there",
    "old_client_hint": "Of a public application that may use the password grant there.",
    "old_client_wrong": "Give the client id, without blanks.",
    "old_scope": "Scope there",
    "old_scope_hint": "Such as openid and the client id: the token must name the account by oid or sub.",
    "old_scope_wrong": "Give scopes with a single blank between them, 1000 characters at the most.",
    "old_end": "Until",
    "old_end_hint": "A day such as 2027-06-30, or 2027-06-30T18:00, in UTC. From then on nothing is asked.",
    "old_end_wrong": "Give a day such as 2027-06-30, or a moment such as 2027-06-30T18:00.",
    "old_end_past": "The end must lie in the future.",
    "old_wrong": "Wrong passwords of an account",
    "old_wrong_hint": "As many different ones at the most arrive there: fewer than lock the account.",
    "old_wrong_wrong": "Give a whole number from 1 to {most}.",
    "old_accounts_waiting": "Accounts never used yet",
    "old_accounts_failing": "Accounts with wrong passwords alone",
    "old_accounts_carried": "Accounts carried over",
    "old_accounts_reset": "Accounts with a new password here",
}
DE: Final[Words] = {
    "old_title": "Älteres System",
    "old_text": "Passwörter, die sich nicht exportieren ließen, werden dort einmal geprüft, wenn ein Konto zum ersten Mal benutzt wird. Richtige liegen von da an hier, und das ältere System wird nicht mehr gefragt.",
    "old_is_on": "Verbunden",
    "old_is_ended": "Beendet",
    "old_is_none": "Nicht verbunden",
    "old_stopped": "Getrennt",
    "old_connect": "Verbinden",
    "old_change": "Verbindung ändern",
    "old_disconnect": "Trennen",
    "old_disconnect_text": "Dort wird nichts mehr gefragt: Wer sich noch nicht angemeldet hat, wählt ein neues Passwort.",
    "old_endpoint": "Token-Endpunkt",
    "old_endpoint_hint": "Etwa https://example.b2clogin.com/example.onmicrosoft.com/B2C_1_ROPC/oauth2/v2.0/token.",
    "old_endpoint_missing": "Geben Sie die Adresse des Token-Endpunkts an.",
    "old_endpoint_wrong": "Der Endpunkt lässt sich nicht fragen: {reason}.",
    "old_endpoint_here": (
        "Der Endpunkt ist dieser Server, der so sich selbst fragte: Geben Sie einen Namen an, der beim älteren System bleibt, etwa "
        "example.b2clogin.com."
    ),
    "old_client": "Client-ID dort",
    "old_client_hint": "Die einer öffentlichen Anwendung, die dort den Password Grant benutzen darf.",
    "old_client_wrong": "Geben Sie die Client-ID ohne Leerzeichen an.",
    "old_scope": "Scope dort",
    "old_scope_hint": "Etwa openid und die Client-ID: Das Token muss das Konto mit oid oder sub nennen.",
    "old_scope_wrong": "Geben Sie Scopes mit je einem Leerzeichen dazwischen an, höchstens 1000 Zeichen.",
    "old_end": "Bis",
    "old_end_hint": "Ein Tag wie 2027-06-30, oder 2027-06-30T18:00, in UTC. Von da an wird nichts gefragt.",
    "old_end_wrong": "Geben Sie einen Tag wie 2027-06-30 oder einen Zeitpunkt wie 2027-06-30T18:00 an.",
    "old_end_past": "Das Ende muss in der Zukunft liegen.",
    "old_wrong": "Falsche Passwörter eines Kontos",
    "old_wrong_hint": "Höchstens so viele verschiedene kommen dort an: weniger, als das Konto aussperren.",
    "old_wrong_wrong": "Geben Sie eine ganze Zahl von 1 bis {most} an.",
    "old_accounts_waiting": "Noch nie benutzte Konten",
    "old_accounts_failing": "Konten mit nur falschen Passwörtern",
    "old_accounts_carried": "Übernommene Konten",
    "old_accounts_reset": "Konten mit neuem Passwort hier",
}
