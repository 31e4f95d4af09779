"""The operator whom `hoistway setup` made, with a browser that reads forms."""

import re

import httpx2
import pyotp


class FirstOperator:
    """Adds an authenticator app at the first sign-in, as production asks of operators; the later ones use its recovery codes,
    because a one-time code counts once and the next one is thirty seconds away."""

    def __init__(self, password: str) -> None:
        self.password, self.codes = password, list[str]()

    def sign_in(self, browser: httpx2.Client) -> httpx2.Response:
        """The console, as it is after that."""
        page = browser.get("/sign-in", params={"next": "/console"})
        page = browser.post(
            "/sign-in", data={**_hidden(page), "username": "olga@example.com", "password": self.password}
        )
        if not self.codes:
            assert page.url.path == "/sign-in/enrol", page.url
            secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page.text)
            assert secret
            code = pyotp.TOTP(secret[1].replace(" ", "")).now()
            page = browser.post(page.url, data={**_hidden(page), "code": code})
            self.codes = re.findall(r"<li><code>([^<]+)</code>", page.text)
            assert len(self.codes) == 10, page.text
        else:
            assert page.url.path == "/sign-in/second", page.url
            browser.post(page.url, data={**_hidden(page), "recovery": self.codes.pop()})
        return browser.get("/console")


def _hidden(page: httpx2.Response) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
