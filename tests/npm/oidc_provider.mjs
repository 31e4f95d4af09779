// An OpenID provider for tests: node-oidc-provider with one client, whose people sign in by a name in a form without password.
// Its arguments: port, what the client is (JSON), and who the people are (JSON: subject -> claims).
import Provider from 'oidc-provider';

const [port, client, people] = [Number(process.argv[2]), JSON.parse(process.argv[3]), JSON.parse(process.argv[4])];
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [client],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  cookies: { keys: ['tests'] },
  features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  // Without its guard against addresses like ours, which are on this machine.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  findAccount: (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, ...people[id] }) }),
  pkce: { required: () => true },
});

const PAGE = `<!doctype html><html lang="en"><title>Sign in</title><form><label>Name <input name="sub"></label><button>Sign in</button></form>
<form><button name="deny">Cancel</button></form>`;

// GET /interaction/{uid} asks; ?sub=… signs this person in and allows everything; ?deny cancels.
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { params, session, grantId } = await provider.interactionDetails(ctx.req, ctx.res);
  if ('deny' in ctx.query) {
    return provider.interactionFinished(ctx.req, ctx.res, { error: 'access_denied' });
  }
  const accountId = ctx.query.sub || session?.accountId;
  if (!accountId) {
    ctx.type = 'html';
    ctx.body = PAGE;
    return;
  }
  const grant = (grantId && (await provider.Grant.find(grantId))) || new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId }, consent: { grantId: await grant.save() } });
});

provider.listen(port, '127.0.0.1', () => console.log('listening'));
