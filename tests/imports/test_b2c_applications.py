"""Applications and APIs of an Azure AD B2C tenant move in with their ids and scopes, and programs get tokens as before."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.attacks.asking import bearer, post
from tests.cli.conftest import Managed
from tests.cli.running import answer, run
from tests.flows.browser import Person, answer_of, pkce
from tests.imports.graph import DOMAIN, MAPPING, TENANT, local, mapping, oid, page, user, written
from tests.imports.test_b2c_people import SIGN_IN, claims, with_password
from tests.world import API_URI, PASSWORD

ROPC = f"/{DOMAIN}/B2C_1_ROPC/oauth2/v2.0/token"
GRAPH = "00000003-0000-0000-c000-000000000000"
OPENID, OFFLINE = "37f7f235-527c-4136-accd-4a02d197296e", "7427e0e9-2fba-42fe-b0c0-848c9e6a8182"
OWN = {"resourceAppId": GRAPH, "resourceAccess": [{"id": one, "type": "Scope"} for one in (OPENID, OFFLINE)]}
GRANT = "applications:\n  password_grant: {reason: Programs of the old system, ends: 2099-12-31}\n"


def application(word: str, **more: Any) -> dict[str, Any]:
    return {
        "id": oid(f"object of {word}"), "appId": oid(word), "displayName": f"Program {word}", "createdDateTime": "2020-01-01T00:00:00Z",
        "signInAudience": "AzureADandPersonalMicrosoftAccount", "identifierUris": [], "isFallbackPublicClient": None,
        "api": {"oauth2PermissionScopes": []}, "requiredResourceAccess": [OWN], "web": {"redirectUris": [], "logoutUrl": None},
        "spa": {"redirectUris": []}, "publicClient": {"redirectUris": []}, "passwordCredentials": [], "keyCredentials": [],
        "deletedDateTime": None, "disabledByMicrosoftStatus": None, **more,
    }  # fmt: skip


def api(word: str, *names: str, **more: Any) -> dict[str, Any]:
    scopes = [
        {
            "id": oid(f"{word} {name}"),
            "value": name,
            "isEnabled": True,
            "type": "User",
            "adminConsentDisplayName": f"May {name}",
        }
        for name in names
    ]
    return application(
        word, identifierUris=[f"https://{DOMAIN}/{word}"], api={"oauth2PermissionScopes": scopes}, **more
    )


def asks(word: str, *names: str) -> list[dict[str, Any]]:
    return [
        OWN,
        {
            "resourceAppId": oid(word),
            "resourceAccess": [{"id": oid(f"{word} {name}"), "type": "Scope"} for name in names],
        },
    ]


def bring(
    folder: Path, *records: Any, text: str = MAPPING + GRANT, code: int = 0, people: tuple[Any, ...] = ()
) -> tuple[Any, list[str]]:
    """What the import answers, and what its report says."""
    files = written(folder / "export", "applications.json", page(records, of="applications"))
    if people:
        written(files, "users.json", page(people))
    report = folder / "report.ndjson"
    report.unlink(missing_ok=True)
    words = ("import", "b2c", str(files), "--mapping", mapping(folder, text), "--report", str(report))
    said = json.loads(run(*words, "--json", code=code).stdout)
    return said, [json.loads(line)["because"] for line in report.read_text().splitlines()]


def shown(word: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = answer("app", "show", oid(word))
    return found


def test_a_program_of_the_password_grant_goes_on(managed: Managed, tmp_path: Path) -> None:
    """With the scope in the form of a URI, and with its own id; the audience of the API is what it was."""
    robot = user(
        "robot-r", local("robot-r", "userName"), attributes={"AccountType": "technical", "CustomerNumber": "4711"}
    )
    said, told = bring(
        tmp_path, application("ropc-r", isFallbackPublicClient=True, requiredResourceAccess=asks("api-r", "read.r")),
        api("api-r", "read.r", "write.r"), people=(robot,),
    )  # fmt: skip
    assert (said["applications"], said["apis"], said["left_out"], told) == (1, 1, 0, [])
    with_password(managed, "robot-r")
    form = {"grant_type": "password", "client_id": oid("ropc-r"), "username": "robot-r", "password": PASSWORD}
    token = claims(post(managed.served, ROPC, **form, scope=f"https://{DOMAIN}/api-r/read.r").json()["access_token"])
    assert (token["aud"], token["azp"], token["scp"], token["tid"]) == (oid("api-r"), oid("ropc-r"), "read.r", TENANT)
    own = post(managed.served, ROPC, **form, scope=f"openid {oid('ropc-r')} offline_access").json()
    assert claims(own["access_token"])["aud"] == oid("ropc-r")
    assert own["refresh_token"]
    assert post(managed.served, ROPC, **form, scope=f"https://{DOMAIN}/api-r/write.r").status_code == 400
    [exception] = shown("ropc-r")["exceptions"]
    assert (exception["kind"], exception["reason"]) == ("password", "Programs of the old system")


def test_the_customer_api_is_joined_by_its_uri(managed: Managed, tmp_path: Path) -> None:
    """`hoistway setup --api-uri` made it before: programs that asked for its scopes over there may ask for them here, also in a run that
    went on after its API."""
    joined = {**api("joined", "units.read", "read", "odd"), "identifierUris": [API_URI]}
    program = application(
        "joins", isFallbackPublicClient=True, requiredResourceAccess=asks("joined", "units.read", "read")
    )
    text = f"{MAPPING}{GRANT}  scopes:\n    {oid('joined')}: {{read: profile.read}}\n"
    for number, records in enumerate(((joined, program), (program, joined))):
        said, told = bring(tmp_path / str(number), *records, text=text)
        assert (said.get("apis"), said["left_out"]) == (None, 0)
        assert told == ["is customer-api here, without odd: say what these are (applications.scopes)"]
    assert shown("joins")["scopes"] == ["openid", "profile", "email", "offline_access", "units.read", "profile.read"]
    robot = user(
        "robot-j", local("robot-j", "userName"), attributes={"AccountType": "technical", "CustomerNumber": "4711"}
    )
    bring(tmp_path / "people", joined, program, text=text, people=(robot,))
    with_password(managed, "robot-j")
    form = {"grant_type": "password", "client_id": oid("joins"), "username": "robot-j", "password": PASSWORD}
    token = post(managed.served, ROPC, **form, scope=API_URI).json()["access_token"]
    assert len(bearer(managed.served, token).json()["items"]) == 10


def test_what_no_later_import_mends_is_said_before_anything_is_written(managed: Managed, tmp_path: Path) -> None:
    """An API keeps its URI, and a person stays one."""
    program = application("cautious", isFallbackPublicClient=True)
    person = user("svc-caution", local("svc-caution", "userName"), attributes={"CustomerNumber": "4711"})

    def told(*records: Any, text: str = MAPPING + GRANT) -> str:
        files = written(tmp_path / "export", "applications.json", page(records, of="applications"))
        written(files, "users.json", page([person]))
        return run("import", "b2c", str(files), "--mapping", mapping(tmp_path, text), "--dry-run").stderr

    said = told(api("elsewhere", "read"), program)
    assert (
        f"none of the APIs (https://{DOMAIN}/elsewhere) is the Customer API here, which has the URI {API_URI}" in said
    )
    assert "`hoistway setup --api-uri`" in said
    assert "programs of the password grant come in (Program cautious), and no account is a technical one" in said
    technical = MAPPING.replace("values: [technical]}", "values: [technical], name_begins: [svc-]}") + GRANT
    said = told({**api("elsewhere", "read"), "identifierUris": [API_URI]}, program, text=technical)
    assert "warning" not in said


def test_a_program_that_would_lose_the_password_grant_is_told_how_it_keeps_it(managed: Managed, tmp_path: Path) -> None:
    text = f"{MAPPING}applications:\n  each:\n    {oid('nobody')}: {{leave_out: true}}\n"
    program = application("keeps", isFallbackPublicClient=True)
    _, told = bring(tmp_path, program, text=text, code=1)
    assert told == [
        "had the password grant and nothing else: to keep it, give applications.password_grant a reason and a day to come"
    ]
    files = ("import", "b2c", str(tmp_path / "export"), "--mapping", str(tmp_path / "mapping.yaml"))
    assert f"applications.each: there is no application {oid('nobody')} among the files" in run(*files, code=1).stderr


def test_an_application_that_has_the_id_of_an_account_is_left_out(managed: Managed, tmp_path: Path) -> None:
    """Of one that is here, and of one that comes with it."""
    person = user("same-id", local("same-id@example.com"), attributes={"CustomerNumber": "4711"})
    for _ in range(2):
        made, told = bring(
            tmp_path, application("same-id", spa={"redirectUris": ["https://s.example/cb"]}), people=(person,), code=1
        )
        assert "an account has this id" in told[0]
        assert made.get("applications") is None


def test_people_sign_in_to_a_page_as_before(managed: Managed, tmp_path: Path) -> None:
    uri = "https://spa.example/cb"
    bring(
        tmp_path, application("spa-s", spa={"redirectUris": [uri]}, requiredResourceAccess=asks("api-s", "read.s")), api("api-s", "read.s"),
        people=(user("sits", attributes={"CustomerNumber": "4711"}),),
    )  # fmt: skip
    with_password(managed, "sits")
    visitor, (verifier, challenge) = Person(managed.served), pkce()
    asked = {
        "scope": f"openid https://{DOMAIN}/api-s/read.s",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "redirect_uri": uri,
    }
    found = visitor.authorize(oid("spa-s"), path=f"{SIGN_IN}/authorize", **asked)
    back = visitor.submit("/sign-in", found, username="sits@example.com", password=PASSWORD)
    form = {
        "grant_type": "authorization_code",
        "code": answer_of(back.headers["location"])["code"],
        "redirect_uri": uri,
    }
    tokens = visitor.http.post(
        f"{SIGN_IN}/token", data={**form, "code_verifier": verifier, "client_id": oid("spa-s")}
    ).json()
    assert claims(tokens["id_token"])["sub"] == oid("sits")
    assert claims(tokens["access_token"])["scp"] == "read.s"


def test_addresses_are_judged_by_the_houses_rules(managed: Managed, tmp_path: Path) -> None:
    """What may not be registered is left out and told; the application is not."""
    good = ["https://a.example/cb", "http://localhost:5000/cb"]
    bad = [
        "https://*.a.example/cb",
        "http://a.example/cb",
        "javascript:alert(1)",
        "https://a.example/cb#x",
        "https://a.example/../cb",
    ]
    said, told = bring(tmp_path, application("web-a", web={"redirectUris": [*good, *bad]}))
    assert (said["applications"], said["left_out"], said["told"]) == (1, 0, len(bad))
    found = shown("web-a")
    assert (found["type"], found["redirect_uris"]) == ("web", good)
    assert all("is left out: " in one for one in told)
    native = ["http://localhost", "com.example.app:/cb", f"msal{oid('native-a')}://auth", "urn:ietf:wg:oauth:2.0:oob"]
    microsoft = "https://login.microsoftonline.com/tfp/oauth2/nativeclient"
    _, told = bring(tmp_path, application("native-a", publicClient={"redirectUris": [*native, microsoft]}))
    assert shown("native-a")["redirect_uris"] == ["http://localhost", "com.example.app:/cb"]
    assert any("is Microsoft's, and nothing is sent there" in one for one in told)
    none = application("none-a", web={"redirectUris": ["https://*.a.example"]})
    assert "no address that may be registered" in bring(tmp_path, none, code=1)[1][-1]


def test_what_stays_behind_is_told(managed: Managed, tmp_path: Path) -> None:
    record = application(
        "web-b", web={"redirectUris": ["https://b.example/cb"], "implicitGrantSettings": {"enableIdTokenIssuance": True}},
        spa={"redirectUris": ["https://b.example/spa"]}, keyCredentials=[{"type": "AsymmetricX509Cert"}],
        passwordCredentials=[{"hint": "abc", "endDateTime": "2027-03-04T00:00:00Z", "secretText": None}],
        requiredResourceAccess=asks("nowhere", "read"),
    )  # fmt: skip
    said, told = bring(tmp_path, record)
    assert said["applications"] == 1
    text = "\n".join(told)
    for words in (
        "the secret abc… (until 2027-03-04) can't be exported", "private_key_jwt", "used the implicit flow", "addresses of several kinds",
        "which is not here: import that API",
    ):  # fmt: skip
        assert words in text, words
    assert shown("web-b")["scopes"] == ["openid", "profile", "email", "offline_access"]


def test_without_an_end_the_password_grant_is_not_given(managed: Managed, tmp_path: Path) -> None:
    record = application("ropc-c", isFallbackPublicClient=True, publicClient={"redirectUris": ["http://localhost"]})
    _, told = bring(tmp_path, record, text=MAPPING)
    assert any("loses the password grant" in one for one in told)
    found = shown("ropc-c")
    assert (found["exceptions"], "password" in found["grants"]) == ([], False)
    for ends in ("2001-01-01", "soon", "2099-13-45"):
        text = MAPPING + f"applications:\n  password_grant: {{reason: x, ends: '{ends}'}}\n"
        assert (
            bring(tmp_path, application(f"ropc-{ends}", isFallbackPublicClient=True), text=text, code=1)[0]["left_out"]
            == 1
        )


def test_tools_of_the_tenant_and_odd_records_are_named_and_left_out(managed: Managed, tmp_path: Path) -> None:
    records = [
        application("t1", displayName="b2c-extensions-app. Do not modify. Used by AADB2C for storing user data."),
        application("t2", displayName="IdentityExperienceFramework", signInAudience="AzureADMyOrg", identifierUris=["https://x.example/ief"]),
        application("t3", displayName="ProxyIdentityExperienceFramework", isFallbackPublicClient=True),
        application("t4", signInAudience="AzureADMyOrg", web={"redirectUris": ["https://t.example"]}),
        application("t5", deletedDateTime="2026-01-01T00:00:00Z"), application("t6", appId="x"), application("t7", displayName="\u202e"),
        application("t8"), application("t9", web=7),
        application("t10", web={"redirectUris": [f"https://t.example/{number}" for number in range(21)]}),
    ]  # fmt: skip
    said, told = bring(tmp_path, *records, code=1)
    assert said["left_out"] == len(records)
    assert [sum("tool of" in one for one in told), sum("was deleted" in one for one in told)] == [4, 1]
    assert all(answer("app", "list", "--after", "zz") == [] for _ in "x")


def scopes_here(word: str) -> list[tuple[str, str | None]]:
    return [(one["name"], one.get("wire")) for one in answer("api", "show", oid(word))["scopes"]]


def test_scopes_stay_letter_for_letter(managed: Managed, tmp_path: Path) -> None:
    """Every API of a B2C tenant has user_impersonation. Here a name is one API's alone; what programs ask for, and what their API reads,
    stays."""
    robot = user(
        "robot-d", local("robot-d", "userName"), attributes={"AccountType": "technical", "CustomerNumber": "4711"}
    )
    act = "user_impersonation"
    programs = [
        application(f"ropc-{word}", isFallbackPublicClient=True, requiredResourceAccess=asks(word, act))
        for word in ("api-d", "api-e")
    ]
    said, told = bring(tmp_path, api("api-d", act), api("api-e", act, "read.e"), *programs, people=(robot,))
    assert (said["apis"], said["applications"], said["left_out"]) == (2, 2, 0)
    assert (scopes_here("api-d"), scopes_here("api-e")) == (
        [(act, None)], [(f"api-e.{act}", act), ("read.e", None)],
    )  # fmt: skip
    assert [f"{act} is api-e.{act}" in one for one in told] == [True]
    with_password(managed, "robot-d")

    def asked(program: str, scope: str, path: str = ROPC) -> Any:
        form = {"grant_type": "password", "client_id": oid(program), "username": "robot-d", "password": PASSWORD}
        return post(managed.served, path, **form, scope=scope)

    for word in ("api-d", "api-e"):
        reply = asked(f"ropc-{word}", f"https://{DOMAIN}/{word}/{act}")
        assert reply.status_code == 200, reply.text
        token = claims(reply.json()["access_token"])
        assert (token["aud"], token["scp"]) == (oid(word), act)
    assert asked("ropc-api-e", f"https://{DOMAIN}/api-d/{act}").status_code == 400, (
        "nothing is open to the other's programs"
    )
    assert asked("ropc-api-d", f"https://{DOMAIN}/api-e/{act}").status_code == 400
    plain = claims(asked("ropc-api-e", f"https://{DOMAIN}/api-e/{act}", "/oauth2/token").json()["access_token"])
    assert (plain["scope"], plain["scp"]) == (f"api-e.{act}", f"api-e.{act}")


def test_a_scope_keeps_its_word_when_it_is_reworded(managed: Managed, tmp_path: Path) -> None:
    """The mapping may say the name, and a name that OpenID or an API of ours has is given to nobody."""
    text = f"{MAPPING}{GRANT}  scopes:\n    {oid('api-k')}: {{units.read: k.read}}\n"
    said, _ = bring(tmp_path, api("api-k", "units.read"), api("api-l", "openid"), text=text)
    assert said["apis"] == 2
    assert (scopes_here("api-k"), scopes_here("api-l")) == ([("k.read", "units.read")], [("api-l.openid", "openid")])
    run("api", "scope", "set", oid("api-k"), "k.read=Read all of it")
    assert scopes_here("api-k") == [("k.read", "units.read")]
    assert "means one scope" in run("api", "scope", "set", oid("api-k"), "units.read=x", code=1).stderr
    run("api", "scope", "set", oid("api-k"), "k.read as other=Read all of it")
    assert scopes_here("api-k") == [("k.read", "other")]
    taken = f"{MAPPING}{GRANT}  scopes:\n    {oid('api-m')}: {{x: k.read}}\n"
    assert "another API or OpenID has this name" in bring(tmp_path, api("api-m", "x"), text=taken, code=1)[1][0]


def test_a_daemon_is_bound_to_its_account(managed: Managed, tmp_path: Path) -> None:
    robot = user(
        "robot-g", local("robot-g", "userName"), attributes={"AccountType": "technical", "CustomerNumber": "4711"}
    )
    record = application("daemon-g", passwordCredentials=[{"hint": "x"}])
    assert "if it is a daemon, say so" in bring(tmp_path, record, code=1)[1][0]
    text = f"{MAPPING}{GRANT}  each:\n    {oid('daemon-g')}: {{type: daemon, customer: c-a, account: robot-g}}\n"
    said, _ = bring(tmp_path, record, text=text, people=(robot,))
    assert (said["applications"], said["technical_accounts"]) == (1, 1)
    found = shown("daemon-g")
    assert (found["service_account_id"], found["customer_id"], found["grants"]) == (
        oid("robot-g"),
        "c-a",
        ["client_credentials"],
    )
    other = text.replace("customer: c-a", "customer: c-b").replace(oid("daemon-g"), oid("daemon-h"))
    assert (
        "belongs to c-a, the application to c-b" in bring(tmp_path, application("daemon-h"), text=other, code=1)[1][0]
    )


def test_a_second_time_changes_nothing_and_ids_are_nobody_elses(managed: Managed, tmp_path: Path) -> None:
    record = application("twice-a", web={"redirectUris": ["https://i.example/cb"]})
    bring(tmp_path, record)
    before = shown("twice-a")
    said, _ = bring(tmp_path, record | {"displayName": "Other"}, api("api-i", "read.i"), api("api-i", "read.i"))
    assert (said["there_already"], said.get("applications"), said["apis"]) == (3, None, 1)
    assert shown("twice-a") == before
    person = user("twice-a", id=oid("twice-a"))
    assert "is that of another account or application" in bring(tmp_path, record, people=(person,), code=1)[1][0]
    people = (user("person-j"),)
    bring(tmp_path, record, people=people)
    same = application("person-j", appId=oid("person-j"), web={"redirectUris": ["https://j.example/cb"]})
    assert "an account has this id" in bring(tmp_path, same, people=people, code=1)[1][0]
