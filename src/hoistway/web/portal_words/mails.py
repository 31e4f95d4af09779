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
    "mail_subscription_approved_subject": "The subscription {subscription} is approved",
    "mail_subscription_approved": "your subscription {subscription} was approved. An administrator of your customer can make its keys now.",
    "mail_subscription_asked_subject": "Question about the subscription {subscription}",
    "mail_subscription_asked": "an operator of {brand} has a question about your subscription {subscription}. It goes on when you, or an administrator of your customer, answer in the portal.",
    "mail_subscription_rejected_subject": "The subscription {subscription} was rejected",
    "mail_subscription_rejected": "your subscription {subscription} was rejected.",
    "mail_subscription_suspended_subject": "The subscription {subscription} is suspended",
    "mail_subscription_suspended": "your subscription {subscription} was suspended. Its keys are refused until it is resumed.",
    "mail_subscription_resumed_subject": "The subscription {subscription} works again",
    "mail_subscription_resumed": "your subscription {subscription} was resumed. Its keys work again.",
    "mail_subscription_cancelled_subject": "The subscription {subscription} was cancelled",
    "mail_subscription_cancelled": "your subscription {subscription} was cancelled. Its keys are refused for good.",
    "mail_subscription_why": "You get this mail because you asked for the subscription at {brand}. Answers to it are not read.",
}

DE: Final[Words] = {
    "mail_hello": "Guten Tag {name},",
    "mail_asked_subject": "Frage zu {application}",
    "mail_asked": "der Betreiber von {brand} hat eine Frage zu Ihrem Antrag auf {application}. Mit Ihrer Antwort geht es weiter.",
    "mail_approved_subject": "{application} ist bewilligt",
    "mail_approved": "Ihr Antrag auf {application} wurde bewilligt. Die Anwendung arbeitet jetzt.",
    "mail_rejected_subject": "{application} wurde abgelehnt",
    "mail_rejected": "Ihr Antrag auf {application} wurde abgelehnt.",
    "mail_message": "Der Betreiber schrieb:",
    "mail_open": "Im Portal öffnen",
    "mail_why": "Sie bekommen diese E-Mail, weil Sie die Anwendung bei {brand} beantragt haben. Antworten darauf liest niemand: Antworten Sie im Portal.",
    "mail_subscription_approved_subject": "Das Abonnement {subscription} ist bewilligt",
    "mail_subscription_approved": "Ihr Abonnement {subscription} wurde bewilligt. Die Administration Ihres Kunden kann die Schlüssel jetzt erzeugen.",
    "mail_subscription_asked_subject": "Frage zum Abonnement {subscription}",
    "mail_subscription_asked": "der Betreiber von {brand} hat eine Frage zu Ihrem Abonnement {subscription}. Es geht weiter, wenn Sie oder die Administration Ihres Kunden im Portal antworten.",
    "mail_subscription_rejected_subject": "Das Abonnement {subscription} wurde abgelehnt",
    "mail_subscription_rejected": "Ihr Abonnement {subscription} wurde abgelehnt.",
    "mail_subscription_suspended_subject": "Das Abonnement {subscription} ist ausgesetzt",
    "mail_subscription_suspended": "Ihr Abonnement {subscription} wurde ausgesetzt. Die Schlüssel werden abgewiesen, bis es wieder aufgenommen wird.",
    "mail_subscription_resumed_subject": "Das Abonnement {subscription} gilt wieder",
    "mail_subscription_resumed": "Ihr Abonnement {subscription} wurde wieder aufgenommen. Die Schlüssel gelten wieder.",
    "mail_subscription_cancelled_subject": "Das Abonnement {subscription} wurde gekündigt",
    "mail_subscription_cancelled": "Ihr Abonnement {subscription} wurde gekündigt. Die Schlüssel werden endgültig abgewiesen.",
    "mail_subscription_why": "Sie bekommen diese E-Mail, weil Sie das Abonnement bei {brand} beantragt haben. Antworten darauf liest niemand.",
}
