// node oauth4webapi.mjs BASE_URL STEP PARAMETERS: one conversation with the server, what came of it as JSON on stdout.
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";

const [base, step, parameters] = process.argv.slice(2);
const given = JSON.parse(parameters);
const options = { [oauth.allowInsecureRequests]: true };

const issuer = new URL(base);
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));

async function daemonToken(auth) {
  const client = { client_id: "daemon" };
  const response = await oauth.clientCredentialsGrantRequest(as, client, auth, { scope: "units.read" }, options);
  return oauth.processClientCredentialsResponse(as, client, response);
}

async function redeem(clientId, auth) {
  const client = { client_id: clientId };
  const callback = oauth.validateAuthResponse(as, client, new URL(given.callback), given.state);
  const response = await oauth.authorizationCodeGrantRequest(
    as, client, auth, callback, given.redirect_uri, given.verifier, options,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
    expectedNonce: given.nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(as, response, options);
  return { client, tokens, claims: oauth.getValidatedIdTokenClaims(tokens) };
}

const steps = {
  async discovery() {
    return as;
  },

  client_credentials_basic: () => daemonToken(oauth.ClientSecretBasic(given.secret)),

  client_credentials_post: () => daemonToken(oauth.ClientSecretPost(given.secret)),

  async introspect_and_revoke() {
    const client = { client_id: "daemon" };
    const auth = oauth.ClientSecretBasic(given.secret);
    const { access_token: token } = await daemonToken(auth);
    const introspect = async () =>
      oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, auth, token, options));
    const before = await introspect();
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, token, options));
    return { before, after: await introspect() };
  },

  async code() {
    const { client, tokens, claims } = await redeem("spa", oauth.None());
    const info = await oauth.userInfoRequest(as, client, tokens.access_token, options);
    const person = await oauth.processUserInfoResponse(as, client, claims.sub, info);
    const again = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token, options);
    const refreshed = await oauth.processRefreshTokenResponse(as, client, again);
    assert.notEqual(refreshed.access_token, tokens.access_token);
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
    return { tokens, claims, person, refreshed };
  },

  async code_confidential() {
    const { tokens, claims } = await redeem("web", oauth.ClientSecretBasic(given.secret));
    return { tokens, claims };
  },

  async password() {
    const client = { client_id: "ropc" };
    const form = { username: "daemon-a", password: given.password, scope: given.scope };
    const response = await oauth.genericTokenEndpointRequest(as, client, oauth.None(), "password", form, options);
    return oauth.processGenericTokenEndpointResponse(as, client, response);
  },

  async refusal() {
    const wrong = daemonToken(oauth.ClientSecretBasic("wrong"));
    const error = await wrong.then(() => assert.fail("a wrong secret was taken"), (reason) => reason);
    assert.ok(error instanceof oauth.WWWAuthenticateChallengeError || error instanceof oauth.ResponseBodyError, error);
    return { status: error.status, schemes: (error.cause ?? []).map?.((challenge) => challenge.scheme) ?? [] };
  },
};

console.log(JSON.stringify(await steps[step]()));
