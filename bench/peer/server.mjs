// node-oidc-provider as a peer: rotating refresh tokens in PostgreSQL, JWT access tokens.
// `node server.mjs PORT DATABASE PROCESSES ALGORITHM` (RS256, its default, or ES256); GET /start/N makes N refresh tokens, one a line.
import cluster from 'node:cluster';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';
import pg from 'pg';

const [port, database, processes, algorithm] = process.argv.slice(2);
const RESOURCE = 'https://bench.example/api';
const SCOPE = 'offline_access units.read';

if (cluster.isPrimary) {
  const pool = new pg.Pool({ connectionString: database });
  await pool.query(
    `CREATE TABLE IF NOT EXISTS peer (
      id text NOT NULL, model text NOT NULL, payload jsonb NOT NULL, grant_id text,
      expires_at timestamptz, consumed_at timestamptz, PRIMARY KEY (id, model))`,
  );
  await pool.query('CREATE INDEX IF NOT EXISTS peer_grant ON peer (grant_id)');
  await pool.end();
  const { privateKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: algorithm });
  for (let n = 0; n < Number(processes); n += 1) cluster.fork({ PEER_KEY: key });
} else {
  const pool = new pg.Pool({ connectionString: database, max: 16 });
  const named = (name, text, values) => pool.query({ name, text, values });

  class Rows {
    constructor(model) {
      this.model = model;
    }

    async upsert(id, payload, expiresIn) {
      await named(
        'upsert',
        `INSERT INTO peer (id, model, payload, grant_id, expires_at)
          VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
          ON CONFLICT (id, model) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at`,
        [id, this.model, payload, payload.grantId ?? null, expiresIn ?? 86400],
      );
    }

    async find(id) {
      const { rows } = await named(
        'find',
        'SELECT payload, consumed_at FROM peer WHERE id = $1 AND model = $2 AND expires_at > now()',
        [id, this.model],
      );
      if (!rows.length) return undefined;
      return rows[0].consumed_at ? { ...rows[0].payload, consumed: true } : rows[0].payload;
    }

    async consume(id) {
      await named('consume', 'UPDATE peer SET consumed_at = now() WHERE id = $1 AND model = $2', [id, this.model]);
    }

    async destroy(id) {
      await named('destroy', 'DELETE FROM peer WHERE id = $1 AND model = $2', [id, this.model]);
    }

    async revokeByGrantId(grantId) {
      await named('revoke', 'DELETE FROM peer WHERE grant_id = $1', [grantId]);
    }
  }

  const provider = new Provider(`http://127.0.0.1:${port}`, {
    adapter: Rows,
    jwks: { keys: [JSON.parse(process.env.PEER_KEY)] },
    clients: [
      {
        client_id: 'proxy',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['com.bench:/callback'],
        id_token_signed_response_alg: algorithm,
      },
      {
        client_id: 'daemon',
        client_secret: 'b'.repeat(43),
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: algorithm,
      },
    ],
    routes: { token: '/oauth2/token' },
    rotateRefreshToken: true,
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'units.read',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 3600,
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
    scopes: ['openid', 'offline_access'],
    ttl: { RefreshToken: 86400, Grant: 86400, ClientCredentials: 3600, AccessToken: 3600, IdToken: 3600 },
  });

  provider.use(async (ctx, next) => {
    const asked = /^\/start\/(\d+)$/.exec(ctx.path);
    if (!asked) return next();
    const client = await provider.Client.find('proxy');
    const tokens = [];
    for (let n = 0; n < Number(asked[1]); n += 1) {
      const grant = new provider.Grant({ accountId: `account-${n}`, clientId: client.clientId });
      grant.addOIDCScope('offline_access');
      grant.addResourceScope(RESOURCE, 'units.read');
      const grantId = await grant.save();
      const token = new provider.RefreshToken({
        accountId: `account-${n}`, client, grantId, scope: SCOPE, resource: RESOURCE, gty: 'authorization_code',
        rotations: 0, iiat: Math.floor(Date.now() / 1000),
      });
      tokens.push(await token.save());
    }
    ctx.body = tokens.join('\n');
  });
  provider.on('server_error', (_ctx, error) => console.error(error));
  provider.listen(Number(port), '127.0.0.1');
}
