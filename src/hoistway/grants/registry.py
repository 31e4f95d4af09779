"""Every grant by its name on the wire; discovery lists exactly these."""

from collections.abc import Mapping

from hoistway.grants.authorization_code import AUTHORIZATION_CODE
from hoistway.grants.base import Grant
from hoistway.grants.client_credentials import CLIENT_CREDENTIALS
from hoistway.grants.password import PASSWORD
from hoistway.grants.refresh_token import REFRESH_TOKEN

GRANTS: Mapping[str, Grant] = {
    grant.name: grant for grant in (AUTHORIZATION_CODE, CLIENT_CREDENTIALS, PASSWORD, REFRESH_TOKEN)
}
