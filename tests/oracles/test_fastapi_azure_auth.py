"""fastapi-azure-auth's validator for B2C tenants: what stands in front of an API of the installed base must take our tokens."""

import asyncio
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import FastAPI, Security
from fastapi_azure_auth import B2CMultiTenantAuthorizationCodeBearer
from fastapi_azure_auth.user import User

from tests.server import Served
from tests.world import API_URI, PASSWORD, TENANT, TENANT_NAME

PATH = f"/{TENANT_NAME}/B2C_1_ROPC"


def protected(served: Served, audience: str, *scopes: str) -> FastAPI:
    """An API as the library's documentation builds one: configured by the policy's discovery document alone."""

    async def issuer(tid: str) -> str:
        return f"{served.url}/{tid}/v2.0/"

    scheme = B2CMultiTenantAuthorizationCodeBearer(
        app_client_id=audience,
        openid_config_url=f"{served.url}{PATH}/v2.0/.well-known/openid-configuration",
        openapi_authorization_url=f"{served.url}{PATH}/oauth2/v2.0/authorize",
        openapi_token_url=f"{served.url}{PATH}/oauth2/v2.0/token",
        scopes={scope: scope for scope in scopes},
        validate_iss=True,
        iss_callable=issuer,
    )
    app = FastAPI()

    @app.get("/who")
    async def who(user: Annotated[User, Security(scheme, scopes=list(scopes))]) -> dict[str, Any]:
        return user.claims

    return app


def call(app: FastAPI, token: str) -> httpx2.Response:
    async def run() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://api.example") as http:
            return await http.get("/who", headers={"authorization": f"Bearer {token}"})

    return asyncio.run(run())


def tokens(served: Served, scope: str, path: str = f"{PATH}/oauth2/v2.0/token") -> dict[str, str]:
    form = {"grant_type": "password", "client_id": "ropc", "username": "daemon-a", "password": PASSWORD, "scope": scope}
    answer: dict[str, str] = httpx2.post(f"{served.url}{path}", data=form, timeout=30).json()
    return answer


@pytest.mark.parametrize(("audience", "scope"), [(API_URI, API_URI), ("ropc", "openid ropc offline_access")])
def test_it_takes_an_access_token_of_the_b2c_shaped_path(served: Served, audience: str, scope: str) -> None:
    wanted = ("units.read",) if audience == API_URI else ()
    reply = call(protected(served, audience, *wanted), tokens(served, scope)["access_token"])
    assert reply.status_code == 200, reply.text
    claims = reply.json()
    assert (claims["customer"], claims["tid"], claims["ver"]) == ("c-a", TENANT, "1.0")


def test_it_refuses_another_audience_and_a_missing_scope(served: Served) -> None:
    token = tokens(served, f"{API_URI}/units.read")["access_token"]
    assert call(protected(served, "another"), token).status_code == 401
    assert call(protected(served, API_URI, "profile.write"), token).status_code == 403
    assert call(protected(served, API_URI), token[:-8] + "AAAAAAAA").status_code == 401
