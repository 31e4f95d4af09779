// node msal_node.mjs BASE_URL STEP PARAMETERS: MSAL for Node with an authority of the older system's shape, what came of it as JSON on stdout.
import { PublicClientApplication } from "@azure/msal-node";

const [base, step, parameters] = process.argv.slice(2);
const given = JSON.parse(parameters);
const scopes = [given.scope];

const made = (policy) =>
  new PublicClientApplication({
    auth: {
      clientId: given.client,
      authority: `${base}/${given.tenant}/${policy}`,
      knownAuthorities: [new URL(base).host],
    },
  });

async function silently(app, first) {
  const [account] = await app.getTokenCache().getAllAccounts();
  const cached = await app.acquireTokenSilent({ account, scopes });
  const fresh = await app.acquireTokenSilent({ account, scopes, forceRefresh: true });
  const again = await app.acquireTokenSilent({ account, scopes, forceRefresh: true });
  const tokens = [first, cached, fresh, again].map((answer) => answer.accessToken);
  return { claims: first.idTokenClaims, tokens, fromCache: cached.fromCache };
}

const steps = {
  async password() {
    const app = made("B2C_1_ROPC");
    const { username, password } = given;
    return silently(app, await app.acquireTokenByUsernamePassword({ scopes, username, password }));
  },

  async wrong() {
    const { username } = given;
    try {
      return await made("B2C_1_ROPC").acquireTokenByUsernamePassword({ scopes, username, password: "wrong" });
    } catch (error) {
      return { code: error.errorCode, message: error.errorMessage };
    }
  },

  async address() {
    const { redirect_uri: redirectUri, challenge: codeChallenge } = given;
    const asked = { scopes, redirectUri, codeChallenge, codeChallengeMethod: "S256", state: "st" };
    return { url: await made("B2C_1_SignIn").getAuthCodeUrl(asked) };
  },

  async code() {
    const app = made("B2C_1_SignIn");
    const { redirect_uri: redirectUri, code, verifier: codeVerifier } = given;
    return silently(app, await app.acquireTokenByCode({ scopes, redirectUri, code, codeVerifier }));
  },
};

process.stdout.write(JSON.stringify(await steps[step]()));
