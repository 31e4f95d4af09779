"""The words of the page on which operators give accounts new passwords and end what they are signed in to."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "pass_of_account": "Passwords and networks",
    "pass_title": "Password and sessions",
    "pass_send": "Reset by mail",
    "pass_send_text": "{address} gets a link that works once, for 30 minutes. The old password works until the person has chosen another.",
    "pass_send_do": "Send the link",
    "pass_no_mail": "No mail server is set (HOISTWAY_SMTP_URL), so no link can be sent. Hand a password over instead.",
    "pass_no_address": "The person has no e-mail address. Add one, or hand a password over.",
    "pass_disabled": "The account is disabled. Enable it first.",
    "pass_several": "Operators sent this person several of these mails within an hour. Wait an hour, or hand a password over.",
    "pass_hand": "Hand over a new password",
    "pass_hand_person": "It is shown once. The old one, every session and every token end now, and the person replaces it at the next sign-in. They are told by mail.",
    "pass_hand_account": "It is shown once. The old one and every token end now; programs that use it stop until they have the new one.",
    "pass_hand_do": "Make a new password",
    "pass_staff_two": "This person works here with you, and two operators must approve what gives access. Send a link instead, which the person alone gets.",
    "pass_own": "This is your own account. Change its password, and end its sessions, on your account’s pages.",
    "pass_end": "End sessions",
    "pass_end_text": "Signs the person out everywhere, and ends what applications have of theirs. The password stays.",
    "pass_end_do": "End all sessions",
    "notice_pass_sent": "The link is on its way.",
    "notice_pass_ended": "The person is signed out everywhere.",
}
DE: Final[Words] = {
    "pass_of_account": "Passwörter und Netze",
    "pass_title": "Passwort und Sitzungen",
    "pass_send": "Per E-Mail zurücksetzen",
    "pass_send_text": "An {address} geht ein Link, der einmal und 30 Minuten lang gilt. Das alte Passwort gilt, bis die Person ein anderes gewählt hat.",
    "pass_send_do": "Link senden",
    "pass_no_mail": "Es ist kein Mailserver eingestellt (HOISTWAY_SMTP_URL), daher kann kein Link gesendet werden. Übergeben Sie stattdessen ein Passwort.",
    "pass_no_address": "Die Person hat keine E-Mail-Adresse. Ergänzen Sie eine, oder übergeben Sie ein Passwort.",
    "pass_disabled": "Das Konto ist gesperrt. Entsperren Sie es zuerst.",
    "pass_several": "Betreiber haben dieser Person in einer Stunde schon mehrere dieser Mails gesendet. Warten Sie eine Stunde, oder übergeben Sie ein Passwort.",
    "pass_hand": "Neues Passwort übergeben",
    "pass_hand_person": "Es wird einmal gezeigt. Das alte, alle Sitzungen und alle Tokens enden jetzt, und die Person ersetzt es bei der nächsten Anmeldung. Sie erfährt davon per E-Mail.",
    "pass_hand_account": "Es wird einmal gezeigt. Das alte und alle Tokens enden jetzt; Programme, die es verwenden, stehen, bis sie das neue haben.",
    "pass_hand_do": "Neues Passwort erzeugen",
    "pass_staff_two": "Diese Person arbeitet hier mit Ihnen, und was Zugang gibt, müssen zwei Betreiber genehmigen. Senden Sie stattdessen einen Link, den nur die Person bekommt.",
    "pass_own": "Das ist Ihr eigenes Konto. Sein Passwort ändern und seine Sitzungen beenden Sie auf den Seiten Ihres Kontos.",
    "pass_end": "Sitzungen beenden",
    "pass_end_text": "Meldet die Person überall ab und beendet, was Anwendungen von ihr haben. Das Passwort bleibt.",
    "pass_end_do": "Alle Sitzungen beenden",
    "notice_pass_sent": "Der Link ist unterwegs.",
    "notice_pass_ended": "Die Person ist überall abgemeldet.",
}
