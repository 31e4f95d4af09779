"""Every operation of the management API. Routes, guard and description are made of these values."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from msgspec.structs import replace

from hoistway.manage import account_bodies as of_accounts
from hoistway.manage import api_bodies as of_apis
from hoistway.manage import application_bodies as of_applications
from hoistway.manage import (
    applications,
    bodies,
    bulk_operations,
    connections,
    links,
    nouns,
    people,
    people_operations,
    reports,
    selling,
    waiting,
)
from hoistway.manage import people_bodies as of_people
from hoistway.manage.links import Linked
from hoistway.manage.nouns import Noun
from hoistway.manage.operations import DISABLED, Operation, Parameter
from hoistway.protocol.manage_scopes import read_scope_of, write_scope_of
from hoistway.things.access import ACCESS
from hoistway.things.accounts import PERSON_OF_FILE
from hoistway.things.places import PLACES
from hoistway.things.registry import THINGS
from hoistway.things.removing import can_be_deleted

NOUNS: Final = (
    Noun(
        THINGS["customers"], "Customer", bodies.customer_body, bodies.Customer, bodies.CustomerPage, bodies.NewCustomer,
        bodies.CustomerChange, (Parameter("name", "Part of the name; case does not count.", "harbour"), DISABLED),
    ),
    Noun(
        THINGS["sites"], "Site", bodies.site_body, bodies.Site, bodies.SitePage, bodies.NewSite, bodies.SiteChange,
        (
            Parameter("city", "The city, letter for letter.", "Hamburg"), Parameter("country", "Two letters.", "DE"),
            Parameter("postal_code", "The postal code, letter for letter.", "20457"), DISABLED,
        ),
    ),
    Noun(
        THINGS["units"], "Unit", bodies.unit_body, bodies.Unit, bodies.UnitPage, bodies.NewUnit, bodies.UnitChange,
        (
            Parameter("site_id", "Units of one site.", "s-1"), Parameter("customer_id", "Units that this customer sees.", "c-1"),
            Parameter("equipment_type", "Units of one type.", "elevator", ("elevator", "escalator")),
            Parameter("serial_number", "The maker's number.", "S-1"), DISABLED,
        ),
    ),
    Noun(
        replace(THINGS["users"], making=PERSON_OF_FILE), "User", of_people.user_body, of_people.User, of_people.UserPage,
        of_people.NewUser, of_people.UserChange,
        (
            Parameter("customer_id", "People with a place in this customer.", "c-1"),
            Parameter("username", "The one of that name.", "kim@example.com"), DISABLED,
        ),
        {"customer_id": "customer"}, check=people.check_changeable,
    ),
    Noun(
        THINGS["apis"], "Api", of_apis.api_body, of_apis.Api, of_apis.ApiPage, of_apis.NewApi, of_apis.ApiChange, (DISABLED,),
        check=applications.check_own_api,
    ),
    Noun(
        THINGS["tenants"], "Tenant", of_apis.tenant_body, of_apis.Tenant, of_apis.TenantPage, of_apis.NewTenant,
        of_apis.TenantChange, (DISABLED,), in_parts=True,
    ),
    Noun(
        THINGS["accounts"], "TechnicalAccount", of_accounts.account_body, of_accounts.TechnicalAccount,
        of_accounts.TechnicalAccountPage, of_accounts.NewTechnicalAccount, of_accounts.TechnicalAccountChange,
        (
            Parameter("customer_id", "Accounts of one customer.", "c-1"), Parameter("username", "The one of that name.", "svc-report"),
            DISABLED,
        ),
        {"customer_id": "customer"}, of_accounts.TechnicalAccountMade, of_accounts.made_body,
    ),
    Noun(
        THINGS["applications"], "Application", of_applications.application_body, of_applications.Application,
        of_applications.ApplicationPage, of_applications.NewApplication, of_applications.ApplicationChange,
        (
            Parameter("customer_id", "Applications of one customer.", "c-1"),
            Parameter("name", "Part of the name; case does not count.", "report"),
            Parameter("type", "Those of one type.", "daemon", ("web", "desktop", "mobile", "single-page", "daemon")),
            Parameter("environment", "Those of one environment.", "production", ("production", "sandbox")), DISABLED,
        ),
        applications.NAMES, of_applications.ApplicationMade, of_applications.made_body, frozenset({"exceptions"}),
        applications.check_changeable, applications.check_wanted,
    ),
)  # fmt: skip


def _of(noun: Noun) -> Iterator[Operation]:
    word, one, reads, writes = noun.word, noun.one, read_scope_of(noun.word), write_scope_of(noun.word)
    many, each = f"/{word}", f"/{word}/{{id}}"
    plain = re.sub("(?<=[a-z])(?=[A-Z])", " ", one).lower()
    words = f"{'an' if plain[0] in 'aeio' else 'a'} {plain}"
    waits = noun.thing.kind is not None
    yield Operation(
        f"list{one}s", "GET", many, f"List {plain}s", one, reads, partial(nouns.list_things, noun), answers=noun.page,
        filters=noun.filters, is_list=True,
    )  # fmt: skip
    yield Operation(
        f"create{one}", "POST", many, f"Make {words}", one, writes, partial(nouns.make, noun), noun.new, noun.made or noun.shown, 201,
        repeats=True, changes=True, refusals=(409,),
    )  # fmt: skip
    yield Operation(
        f"read{one}", "GET", each, f"Read {words}", one, reads, partial(nouns.read_thing, noun), answers=noun.shown
    )
    yield Operation(
        f"update{one}", "PATCH", each, f"Change {words}", one, writes, partial(nouns.change, noun), noun.change, noun.shown,
        changes=True, needs_version=True, refusals=(409,), waits=waits,
    )  # fmt: skip
    for verb, function, effect in (
        ("disable", nouns.disable, "What it gave ends within seconds"),
        ("enable", nouns.enable, "What it gave before stays ended"),
    ):
        yield Operation(
            f"{verb}{one}", "POST", f"{each}/{verb}", f"{verb.title()} {words}", one, writes, partial(function, noun),
            answers=noun.shown, changes=True, needs_version=True, description=effect, refusals=(409,), waits=waits,
        )  # fmt: skip
    if can_be_deleted(word, ""):
        yield Operation(
            f"delete{one}", "DELETE", each, f"Delete {words} to which nothing refers", one, writes,
            partial(nouns.delete, noun), status=204, changes=True, needs_version=True, refusals=(409,),
        )  # fmt: skip


def _linked(linked: Linked, path: str, noun: str, words: tuple[str, str, str]) -> Iterator[Operation]:
    """`words` are the name in names of operations, what one is, and its plural."""
    (one, what, many), each = words, f"{path}/{{customer_id}}"
    reads, writes = read_scope_of(noun), write_scope_of(noun)
    yield Operation(
        f"list{many}", "GET", path, f"List {what}s", one, reads, partial(links.list_links, linked), answers=linked.every
    )
    yield Operation(
        f"read{one}", "GET", each, f"Read {what}", one, reads, partial(links.read_link, linked), answers=linked.shown
    )
    yield Operation(
        f"give{one}", "PUT", each, f"Give {what}, or change it", one, writes, partial(links.put_link, linked), linked.change,
        linked.shown, 201, changes=True, needs_version=True, description="201 where it is new; If-Match is needed where it is not",
    )  # fmt: skip
    yield Operation(
        f"end{one}", "DELETE", each, f"End {what}", one, writes, partial(links.end_one, linked), status=204, changes=True,
        needs_version=True, refusals=(422,),
    )  # fmt: skip


_LINKS: Final = (
    *_linked(
        Linked(
            ACCESS, bodies.access_body, bodies.Access, bodies.AccessList, bodies.AccessChange,
            {"customer_equipment_number": "number"},
        ),
        "/units/{id}/access", "access", ("Access", "what a customer is to a unit", "Access"),
    ),
    *_linked(
        Linked(
            PLACES, of_people.membership_body, of_people.Membership, of_people.MembershipList, of_people.MembershipChange, {},
        ),
        "/users/{id}/memberships", "memberships", ("Membership", "a person's place in a customer", "Memberships"),
    ),
)  # fmt: skip
_EACH: Final = "/applications/{id}"
_SECRET: Final = f"{_EACH}/secrets/{{secret_id}}"
_SECRETS: Final = (
    Operation(
        "listSecrets", "GET", f"{_EACH}/secrets", "List the secrets of an application", "Secret", read_scope_of("secrets"),
        applications.list_secrets, answers=of_applications.SecretList,
    ),
    Operation(
        "createSecret", "POST", f"{_EACH}/secrets", "Make a secret", "Secret", write_scope_of("secrets"), applications.make_secret,
        of_applications.NewSecret, of_applications.SecretMade, 201, repeats=True, changes=True, refusals=(409,),
        description="Two may work at a time",
    ),
    Operation(
        "readSecret", "GET", _SECRET, "Read what is known of a secret", "Secret", read_scope_of("secrets"),
        applications.read_secret, answers=of_applications.Secret,
    ),
    Operation(
        "revokeSecret", "DELETE", _SECRET, "Revoke a secret", "Secret", write_scope_of("secrets"), applications.revoke_secret,
        status=204, changes=True, needs_version=True, refusals=(409,),
    ),
    Operation(
        "readExceptions", "GET", f"{_EACH}/exceptions", "Read the dated exceptions of an application", "Exception",
        read_scope_of("exceptions"), applications.read_exceptions, answers=of_applications.LegacyFlows,
    ),
    Operation(
        "putExceptions", "PUT", f"{_EACH}/exceptions", "Lend legacy flows until a day, or end that", "Exception",
        write_scope_of("exceptions"), applications.put_exceptions, of_applications.LegacyFlows, of_applications.LegacyFlows,
        changes=True, needs_version=True, refusals=(409,), waits=True,
    ),
)  # fmt: skip
_WAITING: Final = (
    Operation(
        "listProposals", "GET", "/proposals", "List what waits for a second operator", "Proposal", read_scope_of("proposals"),
        waiting.list_waiting, answers=bodies.WaitingList,
    ),
    Operation(
        "readProposal", "GET", "/proposals/{id}", "Read what became of a proposal", "Proposal", read_scope_of("proposals"),
        waiting.read_waiting, answers=bodies.Waiting,
    ),
    Operation(
        "withdrawProposal", "POST", "/proposals/{id}/withdraw", "Withdraw what this application proposed", "Proposal",
        write_scope_of("proposals"), waiting.withdraw, answers=bodies.Waiting, changes=True, needs_version=True, refusals=(409,),
        description="People approve and refuse at the console",
    ),
)  # fmt: skip
_REPORTS: Final = (
    Operation(
        "listAudit", "GET", "/audit", "List the audit trail, the newest first", "Audit", read_scope_of("audit"), reports.list_audit,
        answers=reports.AuditPage, filters=reports.FILTERS, is_list=True,
    ),
    Operation(
        "listJobs", "GET", "/jobs", "List when the server's own jobs last ran, and how it ended", "Job", read_scope_of("jobs"),
        reports.list_jobs, answers=reports.ServerJobList,
    ),
)  # fmt: skip
OPERATIONS: Final[tuple[Operation, ...]] = (
    *(one for noun in NOUNS for one in _of(noun)),
    *_LINKS,
    *_SECRETS,
    *selling.SELLING,
    *people_operations.PEOPLE,
    *connections.CONNECTIONS,
    *bulk_operations.BULK,
    *_WAITING,
    *_REPORTS,
)
PARTS: Final = (
    bodies.Waiting, of_applications.LegacyFlow, of_apis.Scope, of_apis.Policy, reports.AuditEntry, reports.ServerJob,
    *selling.PARTS,
    *people_operations.PARTS,
    *bulk_operations.PARTS,
)  # fmt: skip
"""Structs that stand in others alone."""
