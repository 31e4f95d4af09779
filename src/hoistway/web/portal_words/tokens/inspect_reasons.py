"""Why a token is refused and what to do, for the token inspector and `hoistway token inspect`."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "inspect_reason_own_key": "Its header brings its own key or demands an extension. Tokens of this server never do.",
    "inspect_reason_own_key_do": "Get a token from the token endpoint, and look for who made this one.",
    "inspect_reason_unknown_key": (
        "The key {kid}, by which it says it is signed, is not among this server’s published keys: another server "
        "signed it, or the key is gone for long."
    ),
    "inspect_reason_unknown_key_do": "Compare iss with this server’s address, then get a new token.",
    "inspect_reason_algorithm": "Its header says {alg}, but the key signs with {expected}.",
    "inspect_reason_algorithm_do": "Get a new token; this one was altered.",
    "inspect_reason_signature": (
        "The signature does not fit: header, claims or signature were changed after signing, or cut off in copying."
    ),
    "inspect_reason_signature_do": "Copy the token again as a whole, or get a new one.",
    "inspect_reason_id_token": "This is an ID token. It tells an application who signed in; the API does not take it.",
    "inspect_reason_id_token_do": "Send the access token, the value of access_token in the same answer.",
    "inspect_reason_kind": "Its header says it is of the kind {typ}; the API takes at+jwt.",
    "inspect_reason_kind_do": "Send the value of access_token.",
    "inspect_reason_times": "Its times exp or nbf are missing or no whole numbers.",
    "inspect_reason_times_do": "Get a token from the token endpoint.",
    "inspect_reason_expired": "It ended at {at}, {ago} ago.",
    "inspect_reason_expired_do": "Get a new one: with the refresh token, or by asking again. Programs ask a minute before the end.",
    "inspect_reason_not_yet": "It is good from {at} on, {left} from now.",
    "inspect_reason_not_yet_do": "Compare the clocks of the servers: one of them is wrong.",
    "inspect_reason_issuer": "It was issued by {issuer}, and this server is {expected}.",
    "inspect_reason_issuer_do": "Get a token from this server’s token endpoint.",
    "inspect_reason_audience": "It is meant for {audience}, and the Customer API is {expected}.",
    "inspect_reason_audience_do": "Ask for a scope of the Customer API, units.read for example, when getting the token.",
    "inspect_reason_api_disabled": "The Customer API is switched off.",
    "inspect_reason_api_disabled_do": "Ask an operator.",
    "inspect_reason_revoked": "It was revoked.",
    "inspect_reason_revoked_do": "Get a new one.",
    "inspect_reason_grant_revoked": "The sign-in or refresh token behind it was revoked, and with that all its tokens.",
    "inspect_reason_grant_revoked_do": (
        "Sign in again. If nobody revoked it: an old refresh token was used twice, which ends the whole family."
    ),
    "inspect_reason_application_unknown": "The application {id} does not exist any more.",
    "inspect_reason_application_unknown_do": "Use another application, or request one.",
    "inspect_reason_application_disabled": "The application {name} is disabled.",
    "inspect_reason_application_disabled_do": "Ask its owner or an operator to enable it.",
    "inspect_reason_environment": (
        "The application {name} lives in the environment {environment}, and tokens there may not name this customer."
    ),
    "inspect_reason_environment_do": "Get a new token: in the sandbox it names the simulated customer, in production a real one.",
    "inspect_reason_customer_unknown": "The customer {id} does not exist any more.",
    "inspect_reason_customer_unknown_do": "Ask an operator.",
    "inspect_reason_customer_disabled": "The customer {name} is disabled.",
    "inspect_reason_customer_disabled_do": "Ask an operator.",
    "inspect_reason_account_unknown": "The account {id} does not exist any more.",
    "inspect_reason_account_unknown_do": "Use another account.",
    "inspect_reason_account_disabled": "The account {name} is disabled.",
    "inspect_reason_account_disabled_do": "Ask an administrator of the customer to enable it.",
    "inspect_reason_password_changed": "The password of {name} was changed since it was issued.",
    "inspect_reason_password_changed_do": "Get a new token with the new password.",
    "inspect_reason_ended": "Until {at}, its account, customer or application was disabled, or the application was given away.",
    "inspect_reason_ended_do": "Get a new token: what was given until then does not come back.",
    "inspect_reason_joined_since": "It is from before its person joined the customer, at {at}.",
    "inspect_reason_joined_since_do": "Sign in again: what was given before that does not come back.",
    "inspect_reason_no_place": "{name} has no place in the customer {customer} any more.",
    "inspect_reason_no_place_do": "Ask an administrator of the customer, then get a new token.",
}

DE: Final[Words] = {
    "inspect_reason_own_key": (
        "Sein Header bringt einen eigenen Schlüssel mit oder verlangt eine Erweiterung. Token dieses Servers tun "
        "das nie."
    ),
    "inspect_reason_own_key_do": "Holen Sie ein Token vom Token-Endpunkt, und suchen Sie, wer dieses gemacht hat.",
    "inspect_reason_unknown_key": (
        "Der Schlüssel {kid}, mit dem es signiert sein will, ist keiner der veröffentlichten Schlüssel dieses "
        "Servers: Ein anderer Server hat es signiert, oder der Schlüssel ist längst weg."
    ),
    "inspect_reason_unknown_key_do": "Vergleichen Sie iss mit der Adresse dieses Servers und holen Sie dann ein neues Token.",
    "inspect_reason_algorithm": "Sein Header sagt {alg}, der Schlüssel signiert aber mit {expected}.",
    "inspect_reason_algorithm_do": "Holen Sie ein neues Token; dieses wurde verändert.",
    "inspect_reason_signature": (
        "Die Signatur passt nicht: Header, Claims oder Signatur wurden nach dem Signieren geändert oder beim "
        "Kopieren abgeschnitten."
    ),
    "inspect_reason_signature_do": "Kopieren Sie das Token noch einmal vollständig, oder holen Sie ein neues.",
    "inspect_reason_id_token": "Das ist ein ID-Token. Es sagt einer Anwendung, wer sich angemeldet hat; die API nimmt es nicht.",
    "inspect_reason_id_token_do": "Senden Sie das Zugriffstoken, den Wert von access_token aus derselben Antwort.",
    "inspect_reason_kind": "Sein Header nennt die Art {typ}; die API nimmt at+jwt.",
    "inspect_reason_kind_do": "Senden Sie den Wert von access_token.",
    "inspect_reason_times": "Seine Zeiten exp oder nbf fehlen oder sind keine ganzen Zahlen.",
    "inspect_reason_times_do": "Holen Sie ein Token vom Token-Endpunkt.",
    "inspect_reason_expired": "Es endete um {at}, vor {ago}.",
    "inspect_reason_expired_do": (
        "Holen Sie ein neues: mit dem Refresh-Token, oder indem Sie noch einmal fragen. Programme fragen eine "
        "Minute vor dem Ende."
    ),
    "inspect_reason_not_yet": "Es gilt ab {at}, in {left}.",
    "inspect_reason_not_yet_do": "Vergleichen Sie die Uhren der Server: Eine geht falsch.",
    "inspect_reason_issuer": "Ausgestellt hat es {issuer}, dieser Server ist {expected}.",
    "inspect_reason_issuer_do": "Holen Sie ein Token vom Token-Endpunkt dieses Servers.",
    "inspect_reason_audience": "Bestimmt ist es für {audience}, die Customer API ist {expected}.",
    "inspect_reason_audience_do": "Fordern Sie beim Holen einen Scope der Customer API an, zum Beispiel units.read.",
    "inspect_reason_api_disabled": "Die Customer API ist abgeschaltet.",
    "inspect_reason_api_disabled_do": "Fragen Sie den Betreiber.",
    "inspect_reason_revoked": "Es wurde widerrufen.",
    "inspect_reason_revoked_do": "Holen Sie ein neues.",
    "inspect_reason_grant_revoked": "Die Anmeldung oder das Refresh-Token dahinter wurde widerrufen, und damit alle Tokens daraus.",
    "inspect_reason_grant_revoked_do": (
        "Melden Sie sich neu an. Hat niemand widerrufen, wurde ein altes Refresh-Token zweimal benutzt; das "
        "beendet die ganze Familie."
    ),
    "inspect_reason_application_unknown": "Die Anwendung {id} gibt es nicht mehr.",
    "inspect_reason_application_unknown_do": "Benutzen Sie eine andere, oder beantragen Sie eine.",
    "inspect_reason_application_disabled": "Die Anwendung {name} ist abgeschaltet.",
    "inspect_reason_application_disabled_do": "Bitten Sie ihren Besitzer oder den Betreiber, sie einzuschalten.",
    "inspect_reason_environment": (
        "Die Anwendung {name} lebt in der Umgebung {environment}, und Token dort dürfen diesen Kunden nicht nennen."
    ),
    "inspect_reason_environment_do": (
        "Holen Sie ein neues Token: In der Sandbox nennt es den simulierten Kunden, in der Produktion einen echten."
    ),
    "inspect_reason_customer_unknown": "Den Kunden {id} gibt es nicht mehr.",
    "inspect_reason_customer_unknown_do": "Fragen Sie den Betreiber.",
    "inspect_reason_customer_disabled": "Der Kunde {name} ist abgeschaltet.",
    "inspect_reason_customer_disabled_do": "Fragen Sie den Betreiber.",
    "inspect_reason_account_unknown": "Das Konto {id} gibt es nicht mehr.",
    "inspect_reason_account_unknown_do": "Benutzen Sie ein anderes Konto.",
    "inspect_reason_account_disabled": "Das Konto {name} ist abgeschaltet.",
    "inspect_reason_account_disabled_do": "Bitten Sie die Administration des Kunden, es einzuschalten.",
    "inspect_reason_password_changed": "Das Passwort von {name} wurde geändert, seit es ausgestellt ist.",
    "inspect_reason_password_changed_do": "Holen Sie mit dem neuen Passwort ein neues Token.",
    "inspect_reason_ended": "Bis {at} wurde Konto, Kunde oder Anwendung abgeschaltet, oder die Anwendung übergeben.",
    "inspect_reason_ended_do": "Holen Sie ein neues Token: Was bis dahin ausgestellt war, kommt nicht wieder.",
    "inspect_reason_joined_since": "Es ist älter als der Platz der Person beim Kunden; den gibt es seit {at}.",
    "inspect_reason_joined_since_do": "Melden Sie sich neu an: Was vorher ausgestellt war, kommt nicht wieder.",
    "inspect_reason_no_place": "{name} hat keinen Platz mehr beim Kunden {customer}.",
    "inspect_reason_no_place_do": "Fragen Sie die Administration des Kunden und holen Sie dann ein neues Token.",
}
