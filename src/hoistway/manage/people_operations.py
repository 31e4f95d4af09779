"""The operations about invitations, people's data, passwords of technical accounts, and owners of applications."""

from typing import Final

from hoistway.manage import account_passwords, invitations, people, person_data
from hoistway.manage import invitation_bodies as bodies
from hoistway.manage.application_bodies import Application
from hoistway.manage.operations import Operation
from hoistway.protocol.manage_scopes import read_scope_of, write_scope_of

_ALL: Final = "/customers/{id}/invitations"
_EACH: Final = f"{_ALL}/{{invitation_id}}"
_READS, _WRITES = read_scope_of("invitations"), write_scope_of("invitations")
_INVITATIONS: Final = (
    Operation(
        "listInvitations", "GET", _ALL, "List the invitations to a customer that wait", "Invitation", _READS, invitations.list_pending,
        answers=bodies.InvitationPage, is_list=True,
    ),
    Operation(
        "createInvitation", "POST", _ALL, "Invite somebody to a customer", "Invitation", _WRITES, invitations.make, bodies.NewInvitation,
        bodies.Invitation, 201, repeats=True, changes=True, refusals=(409,), description="By a link that is mailed, good for 7 days",
    ),
    Operation(
        "readInvitation", "GET", _EACH, "Read an invitation", "Invitation", _READS, invitations.read_one, answers=bodies.Invitation
    ),
    Operation(
        "sendInvitation", "POST", f"{_EACH}/send", "Send an invitation again", "Invitation", _WRITES, invitations.send_again,
        answers=bodies.Invitation, changes=True, needs_version=True, refusals=(409, 429), description="The link of the letter before ends",
    ),
    Operation(
        "withdrawInvitation", "DELETE", _EACH, "Withdraw an invitation", "Invitation", _WRITES, invitations.withdraw, status=204,
        changes=True, needs_version=True, refusals=(409,),
    ),
)  # fmt: skip
_PERSON: Final = "/users/{id}"
_PEOPLE: Final = (
    Operation(
        "sendLink", "POST", f"{_PERSON}/link", "Mail a link to choose a password", "User", write_scope_of("users"), people.send_link,
        status=204, changes=True, refusals=(409,),
    ),
    Operation(
        "endSessions", "POST", f"{_PERSON}/sign-out", "End all that a person is signed in to", "User", write_scope_of("users"),
        people.end_sessions, status=204, changes=True, refusals=(409,),
    ),
    Operation(
        "copyUser", "POST", f"{_PERSON}/copy", "Copy what is held about a person", "User", read_scope_of("copies"), person_data.copy,
        answers=bodies.Copy, changes=True, refusals=(409,), description="Each copy is in the audit trail, that of a dry run, too", alone=True,
    ),
    Operation(
        "eraseUser", "POST", f"{_PERSON}/erase", "Erase a person for good", "User", write_scope_of("erasures"), person_data.erase, status=204,
        changes=True, needs_version=True, refusals=(409,), waits=True, description="They were disabled some seconds ago",
    ),
)  # fmt: skip
_PASSWORDS: Final = "/accounts/{id}/passwords"
_ACCOUNTS: Final = (
    Operation(
        "listPasswords", "GET", _PASSWORDS, "List the passwords of a technical account that work", "AccountPassword",
        read_scope_of("passwords"), account_passwords.list_passwords, answers=bodies.AccountPasswordList,
    ),
    Operation(
        "createPassword", "POST", _PASSWORDS, "Make a password of a technical account", "AccountPassword", write_scope_of("passwords"),
        account_passwords.make_password, bodies.NewPassword, bodies.PasswordMade, 201, repeats=True, changes=True, refusals=(409,),
        description="Two may work at a time",
    ),
    Operation(
        "readPassword", "GET", f"{_PASSWORDS}/{{which}}", "Read what is known of a password", "AccountPassword", read_scope_of("passwords"),
        account_passwords.read_password, answers=bodies.AccountPassword,
    ),
    Operation(
        "endPassword", "DELETE", f"{_PASSWORDS}/{{which}}", "End a password of a technical account", "AccountPassword",
        write_scope_of("passwords"), account_passwords.end_password, status=204, changes=True, needs_version=True, refusals=(409,),
    ),
    Operation(
        "giveApplication", "PUT", "/applications/{id}/owner", "Give an application to another customer", "Application",
        write_scope_of("applications"), account_passwords.give_to, bodies.NewOwner, Application, changes=True, needs_version=True,
        refusals=(409,), waits=True, description="What was given to it under the old owner ends",
    ),
)  # fmt: skip
PEOPLE: Final = (*_INVITATIONS, *_PEOPLE, *_ACCOUNTS)
PARTS: Final = (bodies.AccountPassword,)
"""Structs that stand in others alone."""
