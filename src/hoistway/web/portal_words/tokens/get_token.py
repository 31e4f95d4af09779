"""The words of the page that gets tokens."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "token_lead": (
        "Every call of the Customer API carries an access token. How to get one depends on who calls: you, a "
        "program of its own, or a program of the installed base."
    ),
    "token_person": "For yourself",
    "token_person_lead": (
        "A token for your own account, to try things out. It ends after an hour at the most, and this page "
        "renews it while it is open."
    ),
    "token_use": "Use it",
    "token_try": "Try it in the console",
    "token_program": "For a program: client credentials",
    "token_recommended": "recommended",
    "token_program_lead": (
        "A daemon proves itself with its own client id and secret. Its token belongs to the customer of the "
        "technical account that is bound to the application."
    ),
    "token_program_none": "Your customer has no application of the type daemon yet. Request one:",
    "token_client": "Client id",
    "token_client_hint_program": "Of an application of the type daemon; the list offers those of your customer.",
    "token_client_hint_account": "Of the application to which the password grant is allowed.",
    "token_account": "Technical account",
    "token_account_hint": "Its user name; the list offers those of your customer. Never the account of a person.",
    "token_secret_program": "Client secret",
    "token_secret_account": "Password of the technical account",
    "token_secret_hint": "Needed only to send the request from here. It stays in this field and goes to the token endpoint alone.",
    "token_show": "Show the request",
    "token_request": "The request",
    "token_variable_program": "Put the secret into the variable CLIENT_SECRET of your shell first, so that it stands in no history.",
    "token_variable_account": "Put the password into the variable PASSWORD of your shell first, so that it stands in no history.",
    "token_send": "Send it from this page",
    "token_copy_secret": "Copy with the secret",
    "token_password": "With a technical account: password grant",
    "token_deprecated": "deprecated",
    "token_password_lead": (
        "Programs of the installed base send user name and password of a technical account through the ROPC "
        "Proxy application. They go on working for as long as their exception lasts."
    ),
    "token_password_why": (
        "It is deprecated because the program handles a password as such: RFC 9700 forbids it and OAuth 2.1 "
        "leaves it out. A secret of an application can be replaced with overlap, limited in time and revoked "
        "alone; a password can’t."
    ),
    "token_password_way_out": (
        "The way out keeps everything else: bind an application of the type daemon to the same technical account "
        "and use client credentials. Its token carries the same customer and opens the same units."
    ),
    "token_password_until": "{name} may use it until {day}: {reason}.",
    "token_password_nowhere": "No application that you may use is allowed this grant now, so the request would be refused.",
    "token_js_copy_token": "Copy the access token",
    "token_js_got": "The answer",
    "token_js_secret": "Enter the secret first: the request can’t be sent without it.",
    "token_refusal_invalid_client": "The application could not be authenticated: client id or secret is wrong, or the secret has expired.",
    "token_refusal_invalid_client_do": "Compare both with the page of the application, and mind blanks at their ends.",
    "token_refusal_invalid_grant": "User name and password don’t match, the password has ended, or the account is disabled, limited to other addresses or paused after many failures.",
    "token_refusal_invalid_grant_do": (
        "Check both, wait for the time in Retry-After if there were many attempts, and use a technical account, "
        "never a person’s."
    ),
    "token_refusal_unauthorized_client": "The application may not use this grant, or its exception has ended.",
    "token_refusal_unauthorized_client_do": (
        "Choose an application of the type daemon for client credentials. For the password grant ask an operator "
        "for a dated exception."
    ),
    "token_refusal_invalid_scope": "A scope does not exist, or the application may not have it.",
    "token_refusal_invalid_scope_do": "Leave it out, or ask an operator to allow it to the application.",
    "token_refusal_invalid_request": "The request is incomplete or malformed.",
    "token_refusal_invalid_request_do": "Fill in every field, then send again.",
    "token_refusal_unreachable": "The server did not answer.",
    "token_refusal_unreachable_do": "Check the connection and send it again.",
    "token_refusal_other": "The server refused the request.",
    "token_refusal_other_do": "Its own sentence below says why and what to do.",
}

DE: Final[Words] = {
    "token_lead": (
        "Jeder Aufruf der Customer API trägt ein Zugriffstoken. Wie Sie es bekommen, hängt davon ab, wer aufruft: "
        "Sie selbst, ein eigenständiges Programm oder ein bestehendes Programm."
    ),
    "token_person": "Für Sie selbst",
    "token_person_lead": (
        "Ein Token für Ihr eigenes Konto, zum Ausprobieren. Es endet nach höchstens einer Stunde, und diese "
        "Seite erneuert es, solange sie offen ist."
    ),
    "token_use": "Benutzen",
    "token_try": "In der Konsole ausprobieren",
    "token_program": "Für ein Programm: Client Credentials",
    "token_recommended": "empfohlen",
    "token_program_lead": (
        "Ein Daemon weist sich mit eigener Client-ID und eigenem Geheimnis aus. Sein Token gehört zum Kunden des "
        "technischen Kontos, das an die Anwendung gebunden ist."
    ),
    "token_program_none": "Ihr Kunde hat noch keine Anwendung vom Typ Daemon. Beantragen Sie eine:",
    "token_client": "Client-ID",
    "token_client_hint_program": "Einer Anwendung vom Typ Daemon; die Liste bietet die Ihres Kunden an.",
    "token_client_hint_account": "Der Anwendung, der der Password Grant erlaubt ist.",
    "token_account": "Technisches Konto",
    "token_account_hint": "Sein Benutzername; die Liste bietet die Ihres Kunden an. Nie das Konto einer Person.",
    "token_secret_program": "Client-Geheimnis",
    "token_secret_account": "Passwort des technischen Kontos",
    "token_secret_hint": "Nur nötig, um die Anfrage von hier zu senden. Es bleibt in diesem Feld und geht allein an den Token-Endpunkt.",
    "token_show": "Anfrage zeigen",
    "token_request": "Die Anfrage",
    "token_variable_program": "Legen Sie das Geheimnis vorher in die Variable CLIENT_SECRET Ihrer Shell, dann steht es in keinem Verlauf.",
    "token_variable_account": "Legen Sie das Passwort vorher in die Variable PASSWORD Ihrer Shell, dann steht es in keinem Verlauf.",
    "token_send": "Von dieser Seite senden",
    "token_copy_secret": "Mit Geheimnis kopieren",
    "token_password": "Mit einem technischen Konto: Password Grant",
    "token_deprecated": "veraltet",
    "token_password_lead": (
        "Bestehende Programme senden Benutzername und Passwort eines technischen Kontos über die Anwendung ROPC "
        "Proxy. Sie laufen weiter, solange ihre Ausnahme gilt."
    ),
    "token_password_why": (
        "Veraltet ist er, weil das Programm mit einem Passwort umgeht: RFC 9700 verbietet das, OAuth 2.1 lässt "
        "ihn weg. Das Geheimnis einer Anwendung lässt sich überlappend ersetzen, befristen und einzeln widerrufen; "
        "ein Passwort nicht."
    ),
    "token_password_way_out": (
        "Der Ausweg behält alles andere bei: Binden Sie eine Anwendung vom Typ Daemon an dasselbe technische "
        "Konto und benutzen Sie Client Credentials. Ihr Token trägt denselben Kunden und öffnet dieselben "
        "Anlagen."
    ),
    "token_password_until": "{name} darf ihn bis {day} benutzen: {reason}.",
    "token_password_nowhere": "Keiner Anwendung, die Sie benutzen dürfen, ist dieser Ablauf zurzeit erlaubt; die Anfrage würde abgelehnt.",
    "token_js_copy_token": "Zugriffstoken kopieren",
    "token_js_got": "Die Antwort",
    "token_js_secret": "Tragen Sie zuerst das Geheimnis ein: Ohne es lässt sich die Anfrage nicht senden.",
    "token_refusal_invalid_client": (
        "Die Anwendung konnte nicht authentifiziert werden: Client-ID oder Geheimnis ist falsch, oder das Geheimnis "
        "ist abgelaufen."
    ),
    "token_refusal_invalid_client_do": "Vergleichen Sie beides mit der Seite der Anwendung, und achten Sie auf Leerzeichen am Ende.",
    "token_refusal_invalid_grant": (
        "Benutzername und Passwort passen nicht zusammen, oder das Konto ist abgeschaltet oder nach vielen "
        "Fehlversuchen angehalten."
    ),
    "token_refusal_invalid_grant_do": (
        "Prüfen Sie beides, warten Sie nach vielen Versuchen die Zeit in Retry-After ab, und benutzen Sie ein "
        "technisches Konto, nie das einer Person."
    ),
    "token_refusal_unauthorized_client": "Die Anwendung darf diesen Ablauf nicht benutzen, oder ihre Ausnahme ist zu Ende.",
    "token_refusal_unauthorized_client_do": (
        "Wählen Sie für Client Credentials eine Anwendung vom Typ Daemon. Für den Password Grant bitten Sie den "
        "Betreiber um eine befristete Ausnahme."
    ),
    "token_refusal_invalid_scope": "Ein Scope existiert nicht, oder die Anwendung darf ihn nicht haben.",
    "token_refusal_invalid_scope_do": "Lassen Sie ihn weg, oder bitten Sie den Betreiber, ihn der Anwendung zu erlauben.",
    "token_refusal_invalid_request": "Die Anfrage ist unvollständig oder falsch aufgebaut.",
    "token_refusal_invalid_request_do": "Füllen Sie jedes Feld aus und senden Sie noch einmal.",
    "token_refusal_unreachable": "Der Server hat nicht geantwortet.",
    "token_refusal_unreachable_do": "Prüfen Sie die Verbindung und senden Sie noch einmal.",
    "token_refusal_other": "Der Server hat die Anfrage abgelehnt.",
    "token_refusal_other_do": "Sein eigener Satz unten sagt, warum, und was zu tun ist.",
}
