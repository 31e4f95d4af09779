"""The words of the pages of a person's own account."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "own_account": "Your account",
    "own_account_lead": "Yours, whichever customer you work for.",
    "own_profile": "Name and language",
    "own_language": "Language of letters",
    "own_language_any": "None in particular",
    "own_language_hint": "Pages follow your browser; choose theirs at the foot of each.",
    "own_no_name": "Give your name, with 1 to 200 printable characters.",
    "own_no_language": "Choose one of the languages of the list.",
    "own_password": "Change password",
    "own_password_lead": "Your other sign-ins end, and so do refresh tokens of applications. This sign-in stays.",
    "own_password_of_company": "Your company signs you in, so a password here would count for nothing. Change your password at your company.",
    "own_password_none": "You have no password here yet, because your company’s directory or sign-in made your account. To have one, ask for a link to your address.",
    "own_password_choose": "Choose a password",
    "own_password_unknown": "You don’t know it, or have had none until now, such as with a passkey alone? Get a link to your address.",
    "own_old_password": "Present password",
    "own_wrong_password": "That is not your present password. Nothing was changed.",
    "own_throttled": "Too many wrong passwords. {when}",
    "notice_password_changed": "Your password was changed. Your other sign-ins have ended.",
}

DE: Final[Words] = {
    "own_account": "Ihr Konto",
    "own_account_lead": "Ihres, für welchen Kunden Sie auch arbeiten.",
    "own_profile": "Name und Sprache",
    "own_language": "Sprache der Briefe",
    "own_language_any": "Keine bestimmte",
    "own_language_hint": "Seiten folgen Ihrem Browser; wählen lässt sich ihre Sprache am Fuß jeder Seite.",
    "own_no_name": "Geben Sie Ihren Namen an, mit 1 bis 200 druckbaren Zeichen.",
    "own_no_language": "Wählen Sie eine Sprache aus der Liste.",
    "own_password": "Passwort ändern",
    "own_password_lead": "Ihre anderen Anmeldungen enden, ebenso Refresh-Tokens von Anwendungen. Diese Anmeldung bleibt.",
    "own_password_of_company": "Ihr Unternehmen meldet Sie an; ein Passwort hier würde nicht gelten. Ändern Sie Ihr Passwort bei Ihrem Unternehmen.",
    "own_password_none": "Sie haben hier noch kein Passwort, denn das Verzeichnis oder die Anmeldung Ihres Unternehmens hat Ihr Konto angelegt. Möchten Sie eines, lassen Sie sich einen Link an Ihre Adresse senden.",
    "own_password_choose": "Passwort wählen",
    "own_password_unknown": "Sie kennen es nicht oder hatten noch keines, etwa nur einen Passkey? Lassen Sie sich einen Link an Ihre Adresse senden.",
    "own_old_password": "Jetziges Passwort",
    "own_wrong_password": "Das ist nicht Ihr jetziges Passwort. Geändert wurde nichts.",
    "own_throttled": "Zu viele falsche Passwörter. {when}",
    "notice_password_changed": "Ihr Passwort wurde geändert. Ihre anderen Anmeldungen sind beendet.",
}
