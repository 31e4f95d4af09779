"""The words of the page on which people see which applications have access in their name, and take it back."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "access": "Applications with access",
    "access_lead": "What you allowed, and where you stay signed in. Taking it back ends it for that customer at once, on every device; "
    "the application asks you again when you use it next.",
    "access_none": "No application has access in your name.",
    "access_customer": "Customer",
    "access_simulated": "(simulated units, the application is being tried out)",
    "access_may": "May",
    "access_nothing": "Know that you signed in and for which customer",
    "access_since": "Since",
    "access_lasts": "For how long",
    "access_away": "Until you take it back, also while you are signed out.",
    "access_here": "While you are signed in.",
    "access_one_sign_in": "One sign-in.",
    "access_sign_ins": "{count} sign-ins.",
    "access_used": "Last used",
    "access_why": "Without your consent",
    "access_not_kept": "It belongs to the operator, or you are asked each time.",
    "access_end": "Take access back",
    "access_implicit": "Tokens that were given out before end within seconds. Those of an application on the implicit flow end by themselves, "
    "usually within an hour.",
    "notice_access_ended": "Access was taken back.",
}

DE: Final[Words] = {
    "access": "Anwendungen mit Zugriff",
    "access_lead": "Was Sie erlaubt haben, und wo Sie angemeldet bleiben. Nehmen Sie es zurück, endet es für diesen Kunden sofort, auf jedem "
    "Gerät; die Anwendung fragt Sie wieder, wenn Sie sie das nächste Mal benutzen.",
    "access_none": "Keine Anwendung hat in Ihrem Namen Zugriff.",
    "access_customer": "Kunde",
    "access_simulated": "(simulierte Anlagen, die Anwendung wird erprobt)",
    "access_may": "Darf",
    "access_nothing": "Erfahren, dass Sie sich angemeldet haben und für welchen Kunden",
    "access_since": "Seit",
    "access_lasts": "Wie lange",
    "access_away": "Bis Sie es zurücknehmen, auch wenn Sie abgemeldet sind.",
    "access_here": "Solange Sie angemeldet sind.",
    "access_one_sign_in": "Eine Anmeldung.",
    "access_sign_ins": "{count} Anmeldungen.",
    "access_used": "Zuletzt benutzt",
    "access_why": "Ohne Ihre Einwilligung",
    "access_not_kept": "Sie gehört dem Betreiber, oder Sie werden jedes Mal gefragt.",
    "access_end": "Zugriff zurücknehmen",
    "access_implicit": "Token, die vorher ausgegeben wurden, enden innerhalb von Sekunden. Die einer Anwendung mit implizitem Ablauf enden von selbst, "
    "meist innerhalb einer Stunde.",
    "notice_access_ended": "Der Zugriff wurde zurückgenommen.",
}
