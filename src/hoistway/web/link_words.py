"""The sentences of the hosted pages that single-use links lead to: reset, a new password, invitations."""

from collections.abc import Mapping
from typing import Final

Words = Mapping[str, str]

EN: Final[Words] = {
    "reset": "Reset your password",
    "reset_lead": "Give your user name. If there is an account with it that has an e-mail address, a link goes there that is valid for 30 minutes.",
    "reset_do": "Send link",
    "reset_asked": "Look into your mailbox",
    "reset_asked_lead": "If there is an account with that user name, a link is on its way to its e-mail address. It is valid for 30 minutes and can be used once.",
    "reset_asked_none": "No mail after a few minutes? Look into the folder for unwanted mail, check the user name, or ask an administrator of your customer.",
    "reset_again": "Try another user name",
    "reset_throttled": "Too many links were asked for. {when}",
    "reset_missing": "Give the user name with which you sign in.",
    "reset_expired": "This page was open too long, or another one took its place, so nothing was sent. Send it again.",
    "reset_no_mail": "No mail server is set up here, so no link can be sent. Ask an administrator of your customer, or the operator.",
    "to_sign_in": "To the sign-in page",
    "new_password": "Choose a new password",
    "new_password_lead": "For the account {username}. All sign-ins with the old password end.",
    "new_password_label": "New password",
    "new_password_hint": "At least 12 characters. Several words in a row are easy to remember and hard to guess.",
    "new_password_do": "Set password",
    "password_short": "This password is too short: it needs at least 12 characters.",
    "password_long": "This password is too long: it may have at most 1,024 characters.",
    "new_password_expired": "This page was open too long, or another one took its place, so nothing was changed. Send it again.",
    "new_password_unavailable": "The password can’t be set right now. Try again in a moment.",
    "password_set": "Your new password is set",
    "password_set_lead": "Every sign-in with the old one has ended, and a mail about it is on its way to you. Sign in with the new password.",
    "link_ended": "This link can’t be used",
    "link_ended_lead": "It was used already, is too old, or something about the account changed since it was sent.",
    "link_ended_reset": "Ask for a new link",
}

DE: Final[Words] = {
    "reset": "Passwort zurücksetzen",
    "reset_lead": "Nennen Sie Ihren Benutzernamen. Gibt es dazu ein Konto mit E-Mail-Adresse, geht ein Link dorthin, der 30 Minuten gilt.",
    "reset_do": "Link senden",
    "reset_asked": "Sehen Sie in Ihr Postfach",
    "reset_asked_lead": "Gibt es ein Konto mit diesem Benutzernamen, ist ein Link zu dessen E-Mail-Adresse unterwegs. Er gilt 30 Minuten und lässt sich einmal verwenden.",
    "reset_asked_none": "Nach einigen Minuten keine E-Mail? Sehen Sie im Ordner für unerwünschte E-Mails nach, prüfen Sie den Benutzernamen, oder fragen Sie einen Administrator Ihres Kunden.",
    "reset_again": "Anderen Benutzernamen versuchen",
    "reset_throttled": "Es wurden zu viele Links verlangt. {when}",
    "reset_missing": "Nennen Sie den Benutzernamen, mit dem Sie sich anmelden.",
    "reset_expired": "Diese Seite war zu lange geöffnet, oder eine andere hat sie ersetzt; gesendet wurde nichts. Senden Sie sie noch einmal.",
    "reset_no_mail": "Hier ist kein Mailserver eingerichtet, deshalb lässt sich kein Link senden. Fragen Sie einen Administrator Ihres Kunden oder den Betreiber.",
    "to_sign_in": "Zur Anmeldung",
    "new_password": "Neues Passwort wählen",
    "new_password_lead": "Für das Konto {username}. Alle Anmeldungen mit dem alten Passwort enden.",
    "new_password_label": "Neues Passwort",
    "new_password_hint": "Mindestens 12 Zeichen. Mehrere Wörter hintereinander merkt man sich leicht und errät sie schwer.",
    "new_password_do": "Passwort setzen",
    "password_short": "Dieses Passwort ist zu kurz: Es braucht mindestens 12 Zeichen.",
    "password_long": "Dieses Passwort ist zu lang: Es darf höchstens 1.024 Zeichen haben.",
    "new_password_expired": "Diese Seite war zu lange geöffnet, oder eine andere hat sie ersetzt; geändert wurde nichts. Senden Sie sie noch einmal.",
    "new_password_unavailable": "Das Passwort lässt sich gerade nicht setzen. Versuchen Sie es gleich erneut.",
    "password_set": "Ihr neues Passwort gilt",
    "password_set_lead": "Alle Anmeldungen mit dem alten sind beendet, und eine E-Mail darüber ist zu Ihnen unterwegs. Melden Sie sich mit dem neuen Passwort an.",
    "link_ended": "Dieser Link lässt sich nicht verwenden",
    "link_ended_lead": "Er wurde schon verwendet, ist zu alt, oder am Konto hat sich etwas geändert, seit er gesendet wurde.",
    "link_ended_reset": "Neuen Link senden lassen",
}
