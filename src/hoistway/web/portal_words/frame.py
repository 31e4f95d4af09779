"""The words of the frame: navigation, forms, tables."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "frame_skip": "Skip to content",
    "frame_menu": "Menu",
    "frame_sideways": "Scroll sideways to see all columns.",
    "frame_contents": "Contents",
    "frame_home": "Developer portal",
    "frame_guides": "Guides",
    "frame_reference": "API reference",
    "frame_token": "Get a token",
    "frame_products": "Products",
    "frame_applications": "Applications",
    "frame_usage": "Usage",
    "frame_access": "Access to this customer",
    "frame_operate": "Operate",
    "frame_switch": "Switch customer",
    "frame_problems": "Check these entries:",
    "frame_copy": "Copy",
    "frame_copied": "Copied",
    "frame_next_page": "Next page",
    "frame_first_page": "First page",
    "frame_optional": "optional",
    "frame_discovery": "Discovery document",
    "frame_acting": "You act for {customer}. What you do is recorded.",
    "frame_looking": "You act for {customer}, and only look: what its administrators see, without changing it.",
    "frame_terms": "Terms of use",
    "frame_breadcrumbs": "You are here",
    "notice_customer": "You now look at another customer.",
    "notice_form_twice": (
        "This form had been sent before and was carried out once. Keys, passwords and secrets were shown then; make "
        "new ones if you did not see them."
    ),
    "notice_signed_out": (
        "You are signed out here. Applications that you opened stay signed in until you sign out there too; those that "
        "you allowed to work while you are away go on until you take that back under “Applications with access”."
    ),
    "form_not_now": "Nothing was changed",
    "form_customer": "This form was opened for {before}. You look at {now} now, which you may have chosen in another tab.",
    "form_customer_none": (
        "This form was opened when you looked at no customer. You look at {now} now, which you may have chosen in "
        "another tab."
    ),
    "form_no_customer": "no customer",
    "form_person": "This form was opened by somebody else who was signed in here. Open the page again and fill it in yourself.",
    "form_session": "You have signed in again since this form was opened.",
    "form_nobody": "This form was opened before you signed in. Open the page again.",
    "form_moved": "Somebody changed what this form shows after you opened it. Open the page again and look at what is there now.",
    "form_often": "You have sent very many forms in the last two days. Try again tomorrow, or let somebody else go on.",
    "form_copied": "A copy of this data is being made already. Wait until it is there, then ask again.",
    "form_nothing_written": "Nothing was written.",
    "form_kept": (
        "What you typed is kept: it is filled in again when you open the page with this button. Passwords and "
        "confirmations are not kept."
    ),
    "form_open_again": "Open the page again",
    "form_act_again": "Act for {before} again",
    "form_switch_back": "Back to {before}",
    "form_correlation": "Correlation id:",
    "form_filled_again": "What you typed before is filled in again. Nothing was written yet: check it and send it.",
}

DE: Final[Words] = {
    "frame_skip": "Zum Inhalt",
    "frame_menu": "Menü",
    "frame_sideways": "Seitwärts scrollen zeigt alle Spalten.",
    "frame_contents": "Inhalt",
    "frame_home": "Entwicklerportal",
    "frame_guides": "Anleitungen",
    "frame_reference": "API-Referenz",
    "frame_token": "Token holen",
    "frame_products": "Produkte",
    "frame_applications": "Anwendungen",
    "frame_usage": "Nutzung",
    "frame_access": "Zugang zu diesem Kunden",
    "frame_operate": "Betrieb",
    "frame_switch": "Kunden wechseln",
    "frame_problems": "Diese Angaben stimmen noch nicht:",
    "frame_copy": "Kopieren",
    "frame_copied": "Kopiert",
    "frame_next_page": "Nächste Seite",
    "frame_first_page": "Erste Seite",
    "frame_optional": "optional",
    "frame_discovery": "Discovery-Dokument",
    "frame_acting": "Sie handeln für {customer}. Was Sie tun, wird aufgezeichnet.",
    "frame_looking": "Sie handeln für {customer} und sehen nur zu: Sie sehen, was die Administratoren sehen, und ändern nichts.",
    "frame_terms": "Nutzungsbedingungen",
    "frame_breadcrumbs": "Sie sind hier",
    "notice_customer": "Sie sehen jetzt einen anderen Kunden.",
    "notice_form_twice": (
        "Dieses Formular war schon gesendet und wurde einmal ausgeführt. Schlüssel, Passwörter und Geheimnisse wurden "
        "dabei gezeigt; erzeugen Sie neue, falls Sie sie nicht gesehen haben."
    ),
    "notice_signed_out": (
        "Sie sind hier abgemeldet. Geöffnete Anwendungen bleiben angemeldet, bis Sie sich auch dort abmelden; solche, "
        "denen Sie Zugriff in Ihrer Abwesenheit erlaubt haben, arbeiten weiter, bis Sie ihn unter „Anwendungen mit "
        "Zugriff“ zurücknehmen."
    ),
    "form_not_now": "Es wurde nichts geändert",
    "form_customer": "Dieses Formular wurde für {before} geöffnet. Sie sehen jetzt {now}, vielleicht in einem anderen Tab gewählt.",
    "form_customer_none": (
        "Dieses Formular wurde geöffnet, als Sie keinen Kunden sahen. Sie sehen jetzt {now}, vielleicht in einem "
        "anderen Tab gewählt."
    ),
    "form_no_customer": "keinen Kunden",
    "form_person": (
        "Dieses Formular hat jemand anderes geöffnet, der hier angemeldet war. Öffnen Sie die Seite neu und füllen Sie "
        "es selbst aus."
    ),
    "form_session": "Sie haben sich neu angemeldet, seit dieses Formular geöffnet wurde.",
    "form_often": "Sie haben in den letzten zwei Tagen sehr viele Formulare gesendet. Versuchen Sie es morgen, oder lassen Sie jemand anderen weitermachen.",
    "form_nobody": "Dieses Formular wurde geöffnet, bevor Sie sich angemeldet haben. Öffnen Sie die Seite neu.",
    "form_moved": (
        "Jemand hat geändert, was dieses Formular zeigt, seit Sie es geöffnet haben. Öffnen Sie die Seite neu und "
        "sehen Sie nach, was jetzt gilt."
    ),
    "form_copied": "Von diesen Daten wird gerade schon eine Kopie gemacht. Warten Sie, bis sie da ist, und fragen Sie dann noch einmal.",
    "form_nothing_written": "Es wurde nichts geschrieben.",
    "form_kept": (
        "Ihre Eingaben sind aufgehoben: Mit diesem Knopf öffnen Sie die Seite und finden sie wieder eingetragen. "
        "Passwörter und Bestätigungen werden nicht aufgehoben."
    ),
    "form_open_again": "Seite neu öffnen",
    "form_act_again": "Wieder für {before} handeln",
    "form_switch_back": "Zurück zu {before}",
    "form_correlation": "Correlation-Id:",
    "form_filled_again": "Ihre früheren Eingaben sind wieder eingetragen. Geschrieben ist noch nichts: Prüfen Sie sie und senden Sie sie ab.",
}
