"""The refusals of the OAuth engine. Each has two texts: one for the client and one for the log.

https://www.rfc-editor.org/rfc/rfc6749#section-5.2
"""

from typing import ClassVar


class OAuthError(Exception):
    """`error` is the code on the wire, `status` the HTTP status on the standard paths, `b2c` the AADB2C number,
    `public` the description: one sentence that says the fix. `concerns` names the customer and the application, where
    it is certain that the refusal is about them. It serves only for counting; the answer never tells it."""

    error: ClassVar[str] = "server_error"
    status: ClassVar[int] = 400
    b2c: str = "90085"
    public: str = "The request can't be answered."
    concerns: tuple[str | None, str | None] | None = None

    def __init__(
        self,
        public: str | None = None,
        *,
        log: str | None = None,
        b2c: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.public = public or type(self).public
        self.log = log
        self.b2c = b2c or type(self).b2c
        self.retry_after = retry_after
        super().__init__(log or self.public)


class InvalidRequest(OAuthError):
    error = "invalid_request"
    b2c = "90083"
    public = (
        "A parameter is missing, repeated or malformed: compare the request with the documentation of this endpoint."
    )


class MethodNotAllowed(InvalidRequest):
    status = 405
    public = "This address does not take that method: see the Allow header."


class PayloadTooLarge(InvalidRequest):
    status = 413
    public = "The body is larger than this address reads: send less."

    @classmethod
    def beyond(cls, limit: int) -> "PayloadTooLarge":
        """For a body of more than `limit` bytes."""
        return cls(f"The body is larger than {limit // 1024} KiB: send no more than that.")


class UnsupportedMediaType(InvalidRequest):
    status = 415
    public = "Send the parameters as application/x-www-form-urlencoded or multipart/form-data."


class RequestNotSupported(OAuthError):
    """OpenID Connect Core section 3.1.2.6."""

    error = "request_not_supported"
    public = "Request objects are not accepted: send the parameters themselves."


class RequestUriNotSupported(RequestNotSupported):
    error = "request_uri_not_supported"


class InvalidClient(OAuthError):
    """`challenge` is True where the client used the Authorization header: then the answer names the scheme (RFC 6749
    section 5.2)."""

    error = "invalid_client"
    status = 401
    b2c = "90081"
    public = "The application could not be authenticated: check client_id and client_secret, and that the secret has not expired."
    challenge: bool = False


class InvalidGrant(OAuthError):
    error = "invalid_grant"
    b2c = "90080"
    public = "The grant is invalid, expired, revoked or was issued to another application: begin a new sign-in."


class UnauthorizedClient(OAuthError):
    error = "unauthorized_client"
    b2c = "90057"
    public = "This application is not allowed to use this flow: ask the operator to allow it."


class UnsupportedGrantType(OAuthError):
    error = "unsupported_grant_type"
    b2c = "90086"
    public = "This grant_type is not supported: discovery lists those that are, as grant_types_supported."


class InvalidScope(OAuthError):
    """It has many causes, so each place that raises it gives its own sentence and number."""

    error = "invalid_scope"

    def __init__(self, public: str, *, b2c: str) -> None:
        super().__init__(public, b2c=b2c)


class InvalidTarget(OAuthError):
    """RFC 8707 section 2. As with scopes, each place that raises it gives its own sentence and number."""

    error = "invalid_target"

    def __init__(self, public: str, *, b2c: str) -> None:
        super().__init__(public, b2c=b2c)


class AccessDenied(OAuthError):
    error = "access_denied"
    b2c = "90091"
    public = "The person cancelled or refused."


class UnsupportedResponseType(OAuthError):
    error = "unsupported_response_type"
    b2c = "90013"
    public = "This response_type is not supported: discovery lists those that are, as response_types_supported."


class LoginRequired(OAuthError):
    error = "login_required"
    b2c = "90077"
    public = "Nobody is signed in here: send the person to the authorization endpoint without prompt=none."


class InteractionRequired(LoginRequired):
    error = "interaction_required"
    public = "The person must answer a question: send them to the authorization endpoint without prompt=none."


class UnmetAuthenticationRequirements(OAuthError):
    """https://openid.net/specs/openid-connect-unmet-authentication-requirements-1_0.html"""

    error = "unmet_authentication_requirements"
    b2c = "90077"
    public = "The person can't sign in as acr_values ask: they have to add a passkey to their account first."


class ConsentRequired(LoginRequired):
    error = "consent_required"
    public = "The person must consent: send them to the authorization endpoint without prompt=none."


class AccountSelectionRequired(LoginRequired):
    error = "account_selection_required"
    public = "The person must choose a customer: send them to the authorization endpoint without prompt=none."


class ServerError(OAuthError):
    error = "server_error"
    status = 500
    public = "Something failed on our side: report the correlation id."


class TemporarilyUnavailable(OAuthError):
    error = "temporarily_unavailable"
    status = 503
    public = "The server can't answer at the moment: try again after the time in Retry-After."


class InvalidToken(OAuthError):
    error = "invalid_token"
    status = 401
    b2c = "90085"
    public = "The access token is malformed, expired, revoked or meant for another API: get a new one."


class InsufficientScope(OAuthError):
    error = "insufficient_scope"
    status = 403
    public = "The access token lacks a scope that this needs: ask for it when getting the token."
