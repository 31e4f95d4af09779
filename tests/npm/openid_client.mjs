// node openid_client.mjs BASE_URL STEP PARAMETERS: one conversation with the server, what came of it as JSON on stdout.
import assert from "node:assert/strict";
import * as client from "openid-client";

const [base, step, parameters] = process.argv.slice(2);
const given = JSON.parse(parameters);

const configured = (clientId, auth) =>
  client.discovery(new URL(base), clientId, undefined, auth, {
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  });

const daemonToken = async (auth) =>
  client.clientCredentialsGrant(await configured("daemon", auth), { scope: "units.read" });

async function redeem(clientId, auth) {
  const config = await configured(clientId, auth);
  const tokens = await client.authorizationCodeGrant(config, new URL(given.callback), {
    pkceCodeVerifier: given.verifier,
    expectedState: given.state,
    expectedNonce: given.nonce,
    idTokenExpected: true,
  });
  return { config, tokens, claims: tokens.claims() };
}

const steps = {
  async discovery() {
    return (await configured("spa", client.None())).serverMetadata();
  },

  client_credentials_basic: () => daemonToken(client.ClientSecretBasic(given.secret)),

  client_credentials_post: () => daemonToken(client.ClientSecretPost(given.secret)),

  async introspect_and_revoke() {
    const config = await configured("daemon", client.ClientSecretBasic(given.secret));
    const { access_token: token } = await client.clientCredentialsGrant(config, { scope: "units.read" });
    const before = await client.tokenIntrospection(config, token);
    await client.tokenRevocation(config, token);
    return { before, after: await client.tokenIntrospection(config, token) };
  },

  async code() {
    const { config, tokens, claims } = await redeem("spa", client.None());
    const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
    assert.notEqual(refreshed.access_token, tokens.access_token);
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
    return { tokens, claims, person, refreshed };
  },

  async code_confidential() {
    const { tokens, claims } = await redeem("web", client.ClientSecretBasic(given.secret));
    return { tokens, claims };
  },

  async password() {
    const form = { username: "daemon-a", password: given.password, scope: given.scope };
    return client.genericGrantRequest(await configured("ropc", client.None()), "password", form);
  },

  async refusal() {
    const wrong = daemonToken(client.ClientSecretBasic("wrong"));
    const error = await wrong.then(() => assert.fail("a wrong secret was taken"), (reason) => reason);
    assert.ok(error instanceof client.WWWAuthenticateChallengeError || error instanceof client.ResponseBodyError, error);
    return { status: error.status, schemes: (error.cause ?? []).map?.((challenge) => challenge.scheme) ?? [] };
  },
};

console.log(JSON.stringify(await steps[step]()));
