"""The words of the try-it console and of the token panel."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "try_tools": "Tokens",
    "try_title": "Try it",
    "try_lead": "Call the API from this page. The page gets the token for you and keeps it in its memory, nowhere else.",
    "try_no_script": (
        "The console runs in the page, so it needs JavaScript. Without it, send the request with curl; “Get "
        "a token” shows how to get a token for it."
    ),
    "try_off": (
        "The portal’s own application is switched off here, so this page can’t get a token. Ask an operator "
        "to enable the application developer-portal."
    ),
    "try_state_none": "No token yet",
    "try_state_busy": "Getting a token",
    "try_state_valid": "Token valid for",
    "try_state_expired": "Token expired",
    "try_about": "for {name}, customer {customer}",
    "try_get": "Get a token",
    "try_sign_in_and_get": "Sign in and get a token",
    "try_renew": "Renew now",
    "try_forget": "Forget token",
    "try_options": "Flow and scopes",
    "try_flow": "How the page asks for the token",
    "try_flow_code": "Authorization code with PKCE (recommended)",
    "try_flow_code_hint": "The answer is a code that only this page can turn into a token.",
    "try_flow_implicit": "Implicit flow (deprecated)",
    "try_flow_implicit_hint": (
        "The token itself comes back in the address, where histories and other scripts may see it. Build "
        "nothing new on it."
    ),
    "try_flow_implicit_on": "Switched on for the portal until {day}: {reason}.",
    "try_flow_implicit_off": "Switched off for the portal. An operator can allow it with a reason and an end date.",
    "try_scopes": "Scopes",
    "try_scopes_hint": "A token opens only what its scopes name. Leave one out to see how the API refuses it.",
    "try_scope_needed": "needed by this operation",
    "try_steps": "How this token came about",
    "try_steps_none": "Get a token, and each step appears here with its request and its answer.",
    "try_show": "Show the token",
    "try_show_hint": "Whoever has this token can call the API as you until it ends. Don’t send it to anybody.",
    "try_inspect": "Inspect this token",
    "try_request": "Request",
    "try_place_path": "in the path",
    "try_place_query": "in the query",
    "try_place_header": "header",
    "try_example": "For example {example}.",
    "try_any": "any",
    "try_body": "Body",
    "try_key": "Subscription key",
    "try_key_hint": "Sent as Ocp-Apim-Subscription-Key. Leave it empty where the product needs none.",
    "try_send": "Send request",
    "try_sending": "Sending",
    "try_curl": "The same call with curl",
    "try_copy_curl": "Copy",
    "try_copy_curl_token": "Copy with token",
    "try_answer": "Answer",
    "try_answer_none": "Nothing was sent yet. The answer appears here, with its status, timing, headers and correlation id.",
    "try_answer_body": "Body of the answer",
    "try_answer_headers": "Headers of the answer",
    "try_sent": "The request as it was sent",
    "try_cut": "The body is long: its beginning is shown, and Copy copies the whole.",
    "try_callback": "Sign-in is done",
    "try_callback_lead": "This page hands the answer to the page that asked for it. If it stays open, close it: nothing was kept.",
    "try_callback_back": "Go to the try-it console",
}

DE: Final[Words] = {
    "try_tools": "Token",
    "try_title": "Ausprobieren",
    "try_lead": "Rufen Sie die API von dieser Seite aus auf. Die Seite holt das Token für Sie und behält es nur in ihrem Speicher.",
    "try_no_script": (
        "Die Konsole läuft in der Seite und braucht JavaScript. Ohne JavaScript senden Sie die Anfrage mit "
        "curl; wie Sie das Token dafür bekommen, steht unter „Token holen“."
    ),
    "try_off": (
        "Die Anwendung des Portals ist hier abgeschaltet, deshalb kann diese Seite kein Token holen. Bitten "
        "Sie den Betreiber, die Anwendung developer-portal einzuschalten."
    ),
    "try_state_none": "Noch kein Token",
    "try_state_busy": "Token wird geholt",
    "try_state_valid": "Token gültig für",
    "try_state_expired": "Token abgelaufen",
    "try_about": "für {name}, Kunde {customer}",
    "try_get": "Token holen",
    "try_sign_in_and_get": "Anmelden und Token holen",
    "try_renew": "Jetzt erneuern",
    "try_forget": "Token vergessen",
    "try_options": "Ablauf und Scopes",
    "try_flow": "Wie die Seite das Token holt",
    "try_flow_code": "Authorization Code mit PKCE (empfohlen)",
    "try_flow_code_hint": "Zurück kommt ein Code, den nur diese Seite in ein Token tauschen kann.",
    "try_flow_implicit": "Implicit Flow (veraltet)",
    "try_flow_implicit_hint": (
        "Das Token selbst steht in der Adresse, wo Verläufe und andere Skripte es sehen können. Bauen Sie "
        "nichts Neues darauf."
    ),
    "try_flow_implicit_on": "Für das Portal eingeschaltet bis {day}: {reason}.",
    "try_flow_implicit_off": "Für das Portal ausgeschaltet. Der Betreiber kann ihn mit Begründung und Enddatum erlauben.",
    "try_scopes": "Scopes",
    "try_scopes_hint": "Ein Token öffnet nur, was seine Scopes nennen. Lassen Sie einen weg, um zu sehen, wie die API ablehnt.",
    "try_scope_needed": "nötig für diese Operation",
    "try_steps": "Wie dieses Token zustande kam",
    "try_steps_none": "Holen Sie ein Token, dann steht hier jeder Schritt mit Anfrage und Antwort.",
    "try_show": "Token anzeigen",
    "try_show_hint": "Wer dieses Token hat, kann die API bis zu seinem Ablauf in Ihrem Namen aufrufen. Geben Sie es niemandem.",
    "try_inspect": "Dieses Token untersuchen",
    "try_request": "Anfrage",
    "try_place_path": "im Pfad",
    "try_place_query": "in der Query",
    "try_place_header": "Header",
    "try_example": "Zum Beispiel {example}.",
    "try_any": "beliebig",
    "try_body": "Body",
    "try_key": "Abonnementschlüssel",
    "try_key_hint": "Wird als Ocp-Apim-Subscription-Key gesendet. Bleibt leer, wo das Produkt keinen verlangt.",
    "try_send": "Anfrage senden",
    "try_sending": "Wird gesendet",
    "try_curl": "Derselbe Aufruf mit curl",
    "try_copy_curl": "Kopieren",
    "try_copy_curl_token": "Mit Token kopieren",
    "try_answer": "Antwort",
    "try_answer_none": "Noch wurde nichts gesendet. Hier erscheint die Antwort mit Status, Zeiten, Headern und Korrelations-Id.",
    "try_answer_body": "Body der Antwort",
    "try_answer_headers": "Header der Antwort",
    "try_sent": "Die Anfrage, wie sie gesendet wurde",
    "try_cut": "Der Body ist lang: Sie sehen den Anfang, Kopieren kopiert alles.",
    "try_callback": "Die Anmeldung ist fertig",
    "try_callback_lead": (
        "Diese Seite gibt die Antwort an die Seite weiter, die sie verlangt hat. Bleibt sie offen, "
        "schließen Sie sie: Nichts wurde behalten."
    ),
    "try_callback_back": "Zur Konsole",
}
