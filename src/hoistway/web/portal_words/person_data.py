"""The words of the pages on which a person's data is copied and erased."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "erase_title": "Personal data",
    "erase_open": "Export or erase data",
    "erase_export": "Export",
    "erase_export_text": "Everything that is held about this person, as a JSON file to give to them. It holds no password and nothing about others. "
    "The audit trail says that you made it.",
    "erase_export_do": "Download data",
    "erase_heading": "Erase",
    "erase_goes": "What goes",
    "erase_goes_text": "The account with name, addresses, password and roles, its places in customers, sign-ins, refresh tokens, consents, waiting mail, "
    "forms, and what the person wrote in threads for a customer.",
    "erase_stays": "What stays",
    "erase_stays_text": "Applications, requests and subscriptions of customers, decisions of operators and the audit trail. In the place of the person "
    "they name a random pseudonym.",
    "erase_beyond": "What is elsewhere",
    "erase_beyond_text": "Backups and logs that were made before. Restoring a backup erases the person again; delete backups and logs when their time is over.",
    "erase_still_works": "Disable the account first. Five seconds later no process remembers it, and it can be erased.",
    "erase_to_person": "Go to the person",
    "erase_only_administrator": "This is the only administrator of a customer whose account works. Make somebody else administrator there first.",
    "erase_final": "This can't be taken back.",
    "erase_two": "Another operator must approve. Then it can't be taken back.",
    "erase_do": "Erase this person",
    "notice_erased": "The person was erased. Within two minutes no text names them any more.",
    "own_data": "Your data",
    "own_data_lead": "What is held about you here, and a copy of it.",
    "own_data_text": "The file holds your account, places in customers, sign-ins, consents, what you asked for and wrote, and your entries of the audit trail. "
    "It holds no password and nothing about others.",
    "own_data_do": "Download your data",
    "own_data_erase": "To have your account erased, write to the operator.",
}

DE: Final[Words] = {
    "erase_title": "Personenbezogene Daten",
    "erase_open": "Daten ausgeben oder löschen",
    "erase_export": "Ausgeben",
    "erase_export_text": "Alles, was über diese Person gespeichert ist, als JSON-Datei zum Weitergeben an sie. Sie enthält kein Passwort und nichts über andere. "
    "Im Prüfprotokoll steht, dass Sie sie erzeugt haben.",
    "erase_export_do": "Daten herunterladen",
    "erase_heading": "Löschen",
    "erase_goes": "Was verschwindet",
    "erase_goes_text": "Das Konto mit Name, Adressen, Passwort und Rollen, seine Plätze bei Kunden, Anmeldungen, Refresh-Tokens, Einwilligungen, wartende "
    "E-Mails, Formulare und was die Person für einen Kunden in Gesprächen schrieb.",
    "erase_stays": "Was bleibt",
    "erase_stays_text": "Anwendungen, Anträge und Abonnements von Kunden, Entscheidungen von Betreibern und das Prüfprotokoll. An der Stelle der Person "
    "steht dort ein zufälliges Pseudonym.",
    "erase_beyond": "Was anderswo liegt",
    "erase_beyond_text": "Sicherungen und Logs von früher. Wer eine Sicherung einspielt, löscht die Person damit erneut; löschen Sie Sicherungen und Logs, "
    "wenn ihre Zeit um ist.",
    "erase_still_works": "Sperren Sie zuerst das Konto. Fünf Sekunden später kennt es kein Prozess mehr, und es kann gelöscht werden.",
    "erase_to_person": "Zur Person",
    "erase_only_administrator": "Das ist bei einem Kunden die einzige Administratorin oder der einzige Administrator, deren Konto funktioniert. Geben Sie dort erst "
    "jemand anderem die Rolle.",
    "erase_final": "Das lässt sich nicht zurücknehmen.",
    "erase_two": "Ein zweiter Betreiber muss zustimmen. Danach lässt es sich nicht zurücknehmen.",
    "erase_do": "Diese Person löschen",
    "notice_erased": "Die Person wurde gelöscht. Innerhalb von zwei Minuten nennt kein Text sie mehr.",
    "own_data": "Ihre Daten",
    "own_data_lead": "Was hier über Sie gespeichert ist, und eine Kopie davon.",
    "own_data_text": "Die Datei enthält Ihr Konto, Ihre Plätze bei Kunden, Anmeldungen, Einwilligungen, was Sie beantragt und geschrieben haben, und Ihre Einträge "
    "im Prüfprotokoll. Sie enthält kein Passwort und nichts über andere.",
    "own_data_do": "Ihre Daten herunterladen",
    "own_data_erase": "Wenn Ihr Konto gelöscht werden soll, schreiben Sie dem Betreiber.",
}
