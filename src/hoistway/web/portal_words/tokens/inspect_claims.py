"""What the token inspector says of each claim and header, and of what is no token."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "inspect_header_alg": "How it is signed. Whoever verifies must not choose by this, but by the key.",
    "inspect_header_kid": "Which key signed it. The server publishes its keys at /oauth2/jwks.",
    "inspect_header_typ": "What kind of token it is: at+jwt is an access token.",
    "inspect_header_other": "Not used by this server.",
    "inspect_claim_iss": "Who issued it.",
    "inspect_claim_sub": "Id of the person or technical account; needed by operations about the user.",
    "inspect_claim_oid": "The same id, as programs of the installed base read it.",
    "inspect_claim_aud": "The API it is meant for. Any other API refuses it.",
    "inspect_claim_exp": "When it ends.",
    "inspect_claim_iat": "When it was issued.",
    "inspect_claim_nbf": "From when on it is good.",
    "inspect_claim_auth_time": "When the person signed in.",
    "inspect_claim_amr": "How the person signed in (RFC 8176).",
    "inspect_claim_acr": "What the ways of signing in amount to.",
    "inspect_claim_client_id": "The application it was issued to.",
    "inspect_claim_azp": "The same application, as programs of the installed base read it.",
    "inspect_claim_customer": "The customer it belongs to. This decides which units it opens.",
    "inspect_claim_scope": "What it may do.",
    "inspect_claim_scp": "The API’s part of that, as programs of the installed base read it.",
    "inspect_claim_jti": "Its own id. Revoking names it.",
    "inspect_claim_grant_id": "The sign-in behind it. When that is revoked, so is this token.",
    "inspect_claim_name": "Name.",
    "inspect_claim_email": "Main e-mail address.",
    "inspect_claim_emails": "E-mail addresses.",
    "inspect_claim_preferred_username": "User name for signing in.",
    "inspect_claim_employee": "Whether the person works for the operator.",
    "inspect_claim_acting_for": "An employee acts for this customer; that is recorded.",
    "inspect_claim_service_account": "A technical account, no person.",
    "inspect_claim_tfp": "Policy by which it was issued, on B2C-shaped paths.",
    "inspect_claim_nonce": "Repeats the random value of the request.",
    "inspect_claim_ver": "Version of the format, on B2C-shaped paths.",
    "inspect_claim_tid": "Tenant, on B2C-shaped paths.",
    "inspect_claim_sid": "Id of the browser session.",
    "inspect_claim_at_hash": "Names the access token issued beside it.",
    "inspect_claim_other": "Not issued by this server.",
    "inspect_unreadable_missing": "Nothing was pasted: paste a token first.",
    "inspect_unreadable_refresh_token": (
        "This is a refresh token. It goes to the token endpoint alone and says nothing by itself: paste the "
        "access token."
    ),
    "inspect_unreadable_encrypted": "This has five parts, so it is an encrypted token. This server issues none: look where it comes from.",
    "inspect_unreadable_opaque": (
        "This has no dots, so it is no JSON Web Token: perhaps an authorization code, a client secret or a "
        "subscription key. Paste the value of access_token, and replace what you just pasted if it is a secret "
        "that others may have seen."
    ),
    "inspect_unreadable_no_parts": "A token has three parts separated by dots, and this has not: copy the whole value of access_token.",
    "inspect_unreadable_no_json": "It has three parts, but they hold no JSON: characters were lost or changed when it was copied.",
    "inspect_unreadable_too_long": "It is longer than 16 KiB. No token of this server is.",
}

DE: Final[Words] = {
    "inspect_header_alg": "Wie es signiert ist. Wer prüft, darf sich nicht danach richten, sondern nach dem Schlüssel.",
    "inspect_header_kid": "Welcher Schlüssel signiert hat. Der Server veröffentlicht seine unter /oauth2/jwks.",
    "inspect_header_typ": "Welche Art Token es ist: at+jwt ist ein Zugriffstoken.",
    "inspect_header_other": "Von diesem Server nicht benutzt.",
    "inspect_claim_iss": "Wer es ausgestellt hat.",
    "inspect_claim_sub": "ID der Person oder des technischen Kontos; nötig für Operationen über den Benutzer.",
    "inspect_claim_oid": "Dieselbe ID, wie bestehende Programme sie lesen.",
    "inspect_claim_aud": "Die API, für die es bestimmt ist. Jede andere lehnt es ab.",
    "inspect_claim_exp": "Wann es endet.",
    "inspect_claim_iat": "Wann es ausgestellt wurde.",
    "inspect_claim_nbf": "Ab wann es gilt.",
    "inspect_claim_auth_time": "Wann sich die Person angemeldet hat.",
    "inspect_claim_amr": "Wie sich die Person angemeldet hat (RFC 8176).",
    "inspect_claim_acr": "Worauf die Arten der Anmeldung hinauslaufen.",
    "inspect_claim_client_id": "Die Anwendung, für die es ausgestellt wurde.",
    "inspect_claim_azp": "Dieselbe Anwendung, wie bestehende Programme sie lesen.",
    "inspect_claim_customer": "Der Kunde, zu dem es gehört. Das entscheidet, welche Anlagen es öffnet.",
    "inspect_claim_scope": "Was es darf.",
    "inspect_claim_scp": "Der Teil davon für die API, wie bestehende Programme ihn lesen.",
    "inspect_claim_jti": "Seine eigene ID. Ein Widerruf nennt sie.",
    "inspect_claim_grant_id": "Die Anmeldung dahinter. Wird sie widerrufen, gilt auch dieses Token nicht mehr.",
    "inspect_claim_name": "Name.",
    "inspect_claim_email": "Haupt-E-Mail-Adresse.",
    "inspect_claim_emails": "E-Mail-Adressen.",
    "inspect_claim_preferred_username": "Benutzername für die Anmeldung.",
    "inspect_claim_employee": "Ob die Person beim Betreiber arbeitet.",
    "inspect_claim_acting_for": "Ein Mitarbeiter handelt für diesen Kunden; das wird aufgezeichnet.",
    "inspect_claim_service_account": "Ein technisches Konto, keine Person.",
    "inspect_claim_tfp": "Richtlinie, nach der es ausgestellt wurde, auf B2C-förmigen Pfaden.",
    "inspect_claim_nonce": "Wiederholt den Zufallswert der Anfrage.",
    "inspect_claim_ver": "Version des Formats, auf B2C-förmigen Pfaden.",
    "inspect_claim_tid": "Mandant, auf B2C-förmigen Pfaden.",
    "inspect_claim_sid": "ID der Browsersitzung.",
    "inspect_claim_at_hash": "Nennt das Zugriffstoken, das daneben ausgestellt wurde.",
    "inspect_claim_other": "Nicht von diesem Server ausgestellt.",
    "inspect_unreadable_missing": "Es wurde nichts eingefügt: Fügen Sie zuerst ein Token ein.",
    "inspect_unreadable_refresh_token": (
        "Das ist ein Refresh-Token. Es geht nur an den Token-Endpunkt und sagt von sich aus nichts: Fügen Sie "
        "das Zugriffstoken ein."
    ),
    "inspect_unreadable_encrypted": (
        "Das hat fünf Teile, ist also ein verschlüsseltes Token. Dieser Server stellt keine aus: Sehen Sie nach, "
        "woher es kommt."
    ),
    "inspect_unreadable_opaque": (
        "Das hat keine Punkte, ist also kein JSON Web Token: vielleicht ein Authorization Code, ein "
        "Client-Geheimnis oder ein Abonnementschlüssel. Fügen Sie den Wert von access_token ein, und ersetzen Sie, "
        "was Sie eben eingefügt haben, wenn es geheim ist und andere es gesehen haben könnten."
    ),
    "inspect_unreadable_no_parts": (
        "Ein Token hat drei Teile, getrennt durch Punkte, dieses nicht: Kopieren Sie den ganzen Wert von access_token."
    ),
    "inspect_unreadable_no_json": (
        "Es hat drei Teile, aber sie enthalten kein JSON: Beim Kopieren gingen Zeichen verloren oder wurden verändert."
    ),
    "inspect_unreadable_too_long": "Es ist länger als 16 KiB. Kein Token dieses Servers ist das.",
}
