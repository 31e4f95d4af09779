"""The words of mails about a person's own account."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "mail_reset_subject": "Reset your password",
    "mail_reset": "somebody, probably you, asked to reset the password of your account {username} at {brand}. The link below is valid for 30 minutes and can be used "
    "once. If it wasn’t you, do nothing: your password stays as it is.",
    "mail_reset_do": "Choose a new password",
    "mail_reset_why": "You get this mail because somebody gave your user name on the page for forgotten passwords of {brand}. Answers to it are not read.",
    "mail_invited_subject": "Invitation to {customer}",
    "mail_invited": "{inviter} invites you to {customer} at {brand}. The link below is valid for seven days and can be used once. If you have an account already, sign in with it there.",
    "mail_invited_do": "Accept the invitation",
    "mail_invited_why": "You get this mail because somebody of {customer} gave your address. If you know nothing of it, do nothing. Answers to it are not read.",
    "mail_password_changed_subject": "Your password was changed",
    "mail_password_changed": "the password of your account {username} at {brand} was changed a moment ago, and sign-ins with the old one have ended. If that was you, there "
    "is nothing to do. If not, reset it at once and tell the operator.",
    "mail_password_changed_do": "Reset the password",
    "mail_password_changed_why": "You get this mail because it is about the safety of your account at {brand}. Answers to it are not read.",
}

DE: Final[Words] = {
    "mail_reset_subject": "Passwort zurücksetzen",
    "mail_reset": "jemand, wahrscheinlich Sie, möchte das Passwort Ihres Kontos {username} bei {brand} zurücksetzen. Der Link unten gilt 30 Minuten und lässt sich einmal "
    "verwenden. Waren Sie es nicht, brauchen Sie nichts zu tun: Ihr Passwort bleibt, wie es ist.",
    "mail_reset_do": "Neues Passwort wählen",
    "mail_reset_why": "Sie bekommen diese E-Mail, weil jemand auf der Seite für vergessene Passwörter von {brand} Ihren Benutzernamen genannt hat. Antworten darauf liest niemand.",
    "mail_invited_subject": "Einladung zu {customer}",
    "mail_invited": "{inviter} lädt Sie zu {customer} bei {brand} ein. Der Link unten gilt sieben Tage und lässt sich einmal verwenden. Haben Sie schon ein Konto, melden Sie sich dort damit an.",
    "mail_invited_do": "Einladung annehmen",
    "mail_invited_why": "Sie bekommen diese E-Mail, weil jemand von {customer} Ihre Adresse genannt hat. Wissen Sie nichts davon, brauchen Sie nichts zu tun. Antworten darauf liest niemand.",
    "mail_password_changed_subject": "Ihr Passwort wurde geändert",
    "mail_password_changed": "das Passwort Ihres Kontos {username} bei {brand} wurde gerade geändert, und Anmeldungen mit dem alten sind beendet. Waren Sie es, ist nichts zu "
    "tun. Waren Sie es nicht, setzen Sie es sofort zurück und sagen Sie es dem Betreiber.",
    "mail_password_changed_do": "Passwort zurücksetzen",
    "mail_password_changed_why": "Sie bekommen diese E-Mail, weil es um die Sicherheit Ihres Kontos bei {brand} geht. Antworten darauf liest niemand.",
}
