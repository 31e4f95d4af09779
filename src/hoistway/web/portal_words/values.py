"""What the console calls the words that columns hold, such as roles and types; others it shows as they are."""

from typing import Final

from hoistway.web.words import Words

EN: Final[Words] = {
    "value_member": "Member",
    "value_administrator": "Administrator",
    "value_owner": "Owner",
    "value_manager": "Manager",
    "value_web": "Web",
    "value_single-page": "Single-page",
    "value_desktop": "Desktop",
    "value_mobile": "Mobile",
    "value_daemon": "Daemon",
    "value_elevator": "Elevator",
    "value_escalator": "Escalator",
    "value_production": "Production",
    "value_sandbox": "Sandbox",
    "value_implied": "Implied: nobody is asked",
    "value_asked": "Asked: each person once",
    "value_lines": "Show all {count}",
}

DE: Final[Words] = {
    "value_member": "Mitglied",
    "value_administrator": "Administration",
    "value_owner": "Eigentümer",
    "value_manager": "Verwalter",
    "value_web": "Web",
    "value_single-page": "Single-Page",
    "value_desktop": "Desktop",
    "value_mobile": "Mobil",
    "value_daemon": "Daemon",
    "value_elevator": "Aufzug",
    "value_escalator": "Fahrtreppe",
    "value_production": "Produktion",
    "value_sandbox": "Sandbox",
    "value_implied": "Stillschweigend: niemand wird gefragt",
    "value_asked": "Erfragt: jede Person einmal",
    "value_lines": "Alle {count} zeigen",
}
