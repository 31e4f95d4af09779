"""The words of mails."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "mail_hello": "Hello {name},",
    "mail_asked_subject": "Question about {application}",
    "mail_asked": "an operator of {brand} has a question about your request for {application}. It goes on when you answer.",
    "mail_approved_subject": "{application} is approved",
    "mail_approved": "your request for {application} was approved. It works now.",
    "mail_rejected_subject": "{application} was rejected",
    "mail_rejected": "your request for {application} was rejected.",
    "mail_message": "The operator wrote:",
    "mail_open": "Open in the portal",
    "mail_why": "You get this mail because you asked for the application at {brand}. Answers to it are not read: answer in the portal.",
}

DE: Final[Words] = {
    "mail_hello": "Guten Tag {name},",
    "mail_asked_subject": "Frage zu {application}",
    "mail_asked": "der Betrieb von {brand} hat eine Frage zu Ihrer Anfrage nach {application}. Mit Ihrer Antwort geht es weiter.",
    "mail_approved_subject": "{application} ist bewilligt",
    "mail_approved": "Ihre Anfrage nach {application} wurde bewilligt. Die Anwendung arbeitet jetzt.",
    "mail_rejected_subject": "{application} wurde abgelehnt",
    "mail_rejected": "Ihre Anfrage nach {application} wurde abgelehnt.",
    "mail_message": "Der Betrieb schrieb:",
    "mail_open": "Im Portal öffnen",
    "mail_why": "Sie bekommen diese E-Mail, weil Sie die Anwendung bei {brand} angefordert haben. Antworten darauf liest niemand: Antworten Sie im Portal.",
}
