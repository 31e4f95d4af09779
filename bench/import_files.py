"""Files of other systems for `bench.imports`: a list of people, a realm in one file."""

import json
from pathlib import Path

from tests.imports.digests import ARGON2, argon2_credential, credential, pbkdf2
from tests.imports.realm import kid, realm, text
from tests.imports.realm import user as keycloak_user

CUSTOMERS = 500


def write_list(folder: Path, people: int) -> Path:
    folder.mkdir()
    with (folder / "people.csv").open("w", encoding="utf-8") as file:
        file.write("username;name;emails;password_digest;customer\n")
        for one in range(people):
            digest = f"{ARGON2}" if one % 3 else ""
            file.write(f"P-{one};Anna Müller {one};person{one}@example.com;{digest};customer-{one % CUSTOMERS}\n")
    return folder


def write_realm(folder: Path, people: int) -> Path:
    """One file, as Jackson prints it; every third password is PBKDF2 of 210,000 rounds, the others argon2 as Keycloak makes them today."""
    folder.mkdir()
    begin, _, end = text(realm([{"x": 1}])).decode().partition('    {\n      "x" : 1\n    }')
    kinds = (credential(rounds=210_000, value=pbkdf2()), argon2_credential(), argon2_credential())
    with (folder / "contoso-realm.json").open("w", encoding="utf-8") as file:
        file.write(begin)
        for one in range(people):
            identity = (
                [{"identityProvider": "corporate", "userId": f"s-{one}", "userName": f"p{one}"}]
                if one % 10 == 0
                else []
            )
            record = keycloak_user(
                one, kinds[one % 3], id=kid(one), username=f"p-{one}", lastName=f"Müller {one}", email=f"person{one}@example.com",
                attributes={"number": [f"customer-{one % CUSTOMERS}"]}, federatedIdentities=identity,
            )  # fmt: skip
            file.write("    " if one == 0 else ", ")
            file.write(
                json.dumps(record, indent=2, separators=(",", " : "), ensure_ascii=False).replace("\n", "\n    ")
            )
        file.write(end)
    return folder
