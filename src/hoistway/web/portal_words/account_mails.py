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
    "mail_invited_by_staff_subject": "Invitation to {customer}",
    "mail_invited_by_staff": "{inviter} of {brand} invites you to {customer}. The link below is valid for seven days and can be used once. If you have an account already, sign in with it there.",
    "mail_invited_by_staff_do": "Accept the invitation",
    "mail_invited_by_staff_why": "You get this mail because somebody of {brand} gave your address. If you know nothing of it, do nothing. Answers to it are not read.",
    "mail_invited_by_operator_subject": "Invitation to {customer}",
    "mail_invited_by_operator": "{brand} invites you to {customer}. The link below is valid for seven days and can be used once. If you have an account already, sign in with it there.",
    "mail_invited_by_operator_do": "Accept the invitation",
    "mail_invited_by_operator_why": "You get this mail because somebody of {brand} gave your address. If you know nothing of it, do nothing. Answers to it are not read.",
    "mail_password_changed_subject": "Your password was changed",
    "mail_password_changed": "the password of your account {username} at {brand} was changed a moment ago, and sign-ins with the old one have ended. If that was you, there "
    "is nothing to do. If not, reset it at once and tell the operator.",
    "mail_password_changed_do": "Reset the password",
    "mail_password_changed_why": "You get this mail because it is about the safety of your account at {brand}. Answers to it are not read.",
    "mail_new_sign_in_subject": "New sign-in to your account",
    "mail_new_sign_in": "somebody signed in to your account {username} at {brand} in a browser that was not known for it: {browser}, from {network}, on {time}. If that was you, there is "
    "nothing to do; after a new password every browser is new once. If not, end that sign-in with the link below and change your password at once.",
    "mail_new_sign_in_do": "See where you are signed in",
    "mail_new_sign_in_why": "You get this mail because it is about the safety of your account at {brand}. Answers to it are not read.",
    "mail_new_address_subject": "Confirm your e-mail address",
    "mail_new_address": "somebody, probably you, gave this address for an account at {brand}. Open the link below in a browser where you are signed in, and confirm it there. It is valid for 30 minutes "
    "and can be used once. If it wasn’t you, do nothing: nothing changes.",
    "mail_new_address_do": "Confirm the address",
    "mail_new_address_why": "You get this mail because somebody gave your address at {brand}. Answers to it are not read.",
    "mail_address_changed_subject": "Your e-mail address was changed",
    "mail_address_changed": "mails about your account {username} at {brand} go to another address from now on. If that was you, there is nothing to do. If not, take the address back with the link below: it "
    "ends every sign-in and the present password. It is valid for seven days and can be used once.",
    "mail_address_changed_do": "That was not me: take the address back",
    "mail_address_changed_why": "You get this last mail at this address because it was the one of an account at {brand}. Answers to it are not read.",
    "mail_address_and_name_changed_subject": "Your e-mail address and user name were changed",
    "mail_address_and_name_changed": "mails about your account {username} at {brand} go to another address from now on. Its user name, which was this address, is the new address now. If that was you, there is "
    "nothing to do but to sign in with it. If not, take both back with the link below: it ends every sign-in and the present password. It is valid for seven days and can be used once.",
    "mail_address_and_name_changed_do": "That was not me: take the address back",
    "mail_address_and_name_changed_why": "You get this last mail at this address because it was the one of an account at {brand}. Answers to it are not read.",
    "mail_address_back_subject": "This address was taken away from an account",
    "mail_address_back": "whoever reads the mails of the address that an account at {brand} had before took it back. This address is no longer the account’s; its sign-ins and its password have "
    "ended. If the account is yours and you know nothing of it, tell the operator.",
    "mail_address_back_do": "To the sign-in page",
    "mail_address_back_why": "You get this mail because it is about the safety of an account at {brand}. Answers to it are not read.",
    "mail_role_given_subject": "You work for the operator now",
    "mail_role_given": "two operators of {brand} gave your account {username} a role. Your password, second factors and sign-ins have ended with it: choose a new password with the link below. It is valid for "
    "30 minutes and can be used once; after that, ask for another at the sign-in page.",
    "mail_role_given_do": "Choose a new password",
    "mail_role_given_why": "You get this mail because it is about the safety of your account at {brand}. Answers to it are not read.",
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
    "mail_invited_by_staff_subject": "Einladung zu {customer}",
    "mail_invited_by_staff": "{inviter} von {brand} lädt Sie zu {customer} ein. Der Link unten gilt sieben Tage und lässt sich einmal verwenden. Haben Sie schon ein Konto, melden Sie sich dort damit an.",
    "mail_invited_by_staff_do": "Einladung annehmen",
    "mail_invited_by_staff_why": "Sie bekommen diese E-Mail, weil jemand von {brand} Ihre Adresse genannt hat. Wissen Sie nichts davon, brauchen Sie nichts zu tun. Antworten darauf liest niemand.",
    "mail_invited_by_operator_subject": "Einladung zu {customer}",
    "mail_invited_by_operator": "{brand} lädt Sie zu {customer} ein. Der Link unten gilt sieben Tage und lässt sich einmal verwenden. Haben Sie schon ein Konto, melden Sie sich dort damit an.",
    "mail_invited_by_operator_do": "Einladung annehmen",
    "mail_invited_by_operator_why": "Sie bekommen diese E-Mail, weil jemand von {brand} Ihre Adresse genannt hat. Wissen Sie nichts davon, brauchen Sie nichts zu tun. Antworten darauf liest niemand.",
    "mail_password_changed_subject": "Ihr Passwort wurde geändert",
    "mail_password_changed": "das Passwort Ihres Kontos {username} bei {brand} wurde gerade geändert, und Anmeldungen mit dem alten sind beendet. Waren Sie es, ist nichts zu "
    "tun. Waren Sie es nicht, setzen Sie es sofort zurück und sagen Sie es dem Betreiber.",
    "mail_password_changed_do": "Passwort zurücksetzen",
    "mail_password_changed_why": "Sie bekommen diese E-Mail, weil es um die Sicherheit Ihres Kontos bei {brand} geht. Antworten darauf liest niemand.",
    "mail_new_sign_in_subject": "Neue Anmeldung an Ihrem Konto",
    "mail_new_sign_in": "an Ihrem Konto {username} bei {brand} hat sich jemand in einem Browser angemeldet, der dafür noch nicht bekannt war: {browser}, von {network}, am {time}. Waren Sie es, ist "
    "nichts zu tun; nach einem neuen Passwort ist jeder Browser einmal neu. Waren Sie es nicht, beenden Sie diese Anmeldung mit dem Link unten und ändern Sie sofort Ihr Passwort.",
    "mail_new_sign_in_do": "Ansehen, wo Sie angemeldet sind",
    "mail_new_sign_in_why": "Sie bekommen diese E-Mail, weil es um die Sicherheit Ihres Kontos bei {brand} geht. Antworten darauf liest niemand.",
    "mail_new_address_subject": "E-Mail-Adresse bestätigen",
    "mail_new_address": "jemand, wahrscheinlich Sie, hat diese Adresse für ein Konto bei {brand} angegeben. Öffnen Sie den Link unten in einem Browser, in dem Sie angemeldet sind, und bestätigen Sie sie dort. Er gilt "
    "30 Minuten und lässt sich einmal verwenden. Waren Sie es nicht, brauchen Sie nichts zu tun: Es ändert sich nichts.",
    "mail_new_address_do": "Adresse bestätigen",
    "mail_new_address_why": "Sie bekommen diese E-Mail, weil jemand bei {brand} Ihre Adresse angegeben hat. Antworten darauf liest niemand.",
    "mail_address_changed_subject": "Ihre E-Mail-Adresse wurde geändert",
    "mail_address_changed": "E-Mails zu Ihrem Konto {username} bei {brand} gehen ab jetzt an eine andere Adresse. Waren Sie es, ist nichts zu tun. Waren Sie es nicht, holen Sie die Adresse mit dem Link unten zurück: "
    "Das beendet alle Anmeldungen und das jetzige Passwort. Er gilt sieben Tage und lässt sich einmal verwenden.",
    "mail_address_changed_do": "Das war ich nicht: Adresse zurückholen",
    "mail_address_changed_why": "Sie bekommen diese letzte E-Mail an diese Adresse, weil sie die eines Kontos bei {brand} war. Antworten darauf liest niemand.",
    "mail_address_and_name_changed_subject": "Ihre E-Mail-Adresse und Ihr Benutzername wurden geändert",
    "mail_address_and_name_changed": "E-Mails zu Ihrem Konto {username} bei {brand} gehen ab jetzt an eine andere Adresse. Der Benutzername, der diese Adresse war, ist jetzt die neue. Waren Sie es, melden Sie "
    "sich künftig damit an. Waren Sie es nicht, holen Sie beides mit dem Link unten zurück: Das beendet alle Anmeldungen und das jetzige Passwort. Er gilt sieben Tage und lässt sich einmal verwenden.",
    "mail_address_and_name_changed_do": "Das war ich nicht: Adresse zurückholen",
    "mail_address_and_name_changed_why": "Sie bekommen diese letzte E-Mail an diese Adresse, weil sie die eines Kontos bei {brand} war. Antworten darauf liest niemand.",
    "mail_address_back_subject": "Diese Adresse wurde einem Konto genommen",
    "mail_address_back": "wer die E-Mails der früheren Adresse eines Kontos bei {brand} liest, hat sie zurückgeholt. Diese Adresse gehört nicht mehr zum Konto; dessen Anmeldungen und Passwort sind "
    "beendet. Ist das Konto Ihres und Sie wissen nichts davon, sagen Sie es dem Betreiber.",
    "mail_address_back_do": "Zur Anmeldung",
    "mail_address_back_why": "Sie bekommen diese E-Mail, weil es um die Sicherheit eines Kontos bei {brand} geht. Antworten darauf liest niemand.",
    "mail_role_given_subject": "Sie arbeiten jetzt für den Betreiber",
    "mail_role_given": "zwei Personen des Betreibers von {brand} haben Ihrem Konto {username} eine Rolle gegeben. Passwort, zweite Faktoren und Anmeldungen sind damit beendet: Wählen Sie mit dem Link "
    "unten ein neues Passwort. Er gilt 30 Minuten und lässt sich einmal verwenden; danach fordern Sie auf der Anmeldeseite einen neuen an.",
    "mail_role_given_do": "Neues Passwort wählen",
    "mail_role_given_why": "Sie bekommen diese E-Mail, weil es um die Sicherheit Ihres Kontos bei {brand} geht. Antworten darauf liest niemand.",
}
