"""msal-browser and oidc-client in Chromium, as they were but for the host, in a world that moved in: over https, whose certificate alone
Chromium was told to take."""

import base64
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import QUIET, SHELL
from tests.browser.libraries import libraries
from tests.flows.moved import Base, moved_in
from tests.world import PASSWORD


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Base]:
    with libraries() as home, moved_in("sqlite", tmp_path_factory.mktemp("moved"), home=home) as made:
        yield made


@pytest.fixture(scope="module")
def browser(base: Base) -> Iterator[Browser]:
    key = x509.load_pem_x509_certificate(base.certificate.chain.read_bytes()).public_key()
    digest = sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    taken = f"--ignore-certificate-errors-spki-list={base64.b64encode(digest).decode()}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=SHELL, args=[*QUIET, taken])
        yield chromium
        chromium.close()


def signed_in(page: Page, base: Base, library: str) -> dict[str, Any]:
    """By the library's redirect, then what it renewed without the person."""
    given = {"library": library, "base": base.served.url, "tenant": base.tenant, "client": base.id("spa")}
    page.goto(base.served.home)
    with page.expect_navigation(url=f"{base.served.url}/**"):
        page.evaluate("(given) => { begin(given); }", {**given, "scope": f"{base.api_uri}/units.read"})
    page.get_by_label("User name").fill("ann@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: url.startswith(f"{base.served.home}callback"))
    answer: dict[str, Any] = page.evaluate("(library) => finish[library]()", library)
    return answer


@pytest.mark.parametrize(("library", "count"), [("msal", 3), ("oidc", 2)])
def test_it_signs_in_renews_and_calls(page: Page, base: Base, library: str, count: int) -> None:
    answer = signed_in(page, base, library)
    assert answer["sub"] == base.subject("ann")
    assert len(set(answer["tokens"])) == count
    for token in answer["tokens"]:
        assert page.evaluate("(given) => units(...given)", [token, base.key]) == 10
