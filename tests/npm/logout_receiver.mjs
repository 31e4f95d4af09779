// node logout_receiver.mjs ISSUER CLIENT_ID: an application that takes logout tokens as a certified one does. It reads the server's
// metadata with openid-client, verifies each token with jose against the published keys, and says on stdout what it made of it.
import { createServer } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as client from 'openid-client';

const [issuer, clientId] = process.argv.slice(2);
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const config = await client.discovery(new URL(issuer), clientId, undefined, client.None(), { execute: [client.allowInsecureRequests] });
const server = config.serverMetadata();
const keys = createRemoteJWKSet(new URL(server.jwks_uri));
const seen = new Set();

async function judge(token) {
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    issuer: server.issuer,
    audience: clientId,
    typ: 'logout+jwt',
    algorithms: server.id_token_signing_alg_values_supported,
    maxTokenAge: '2 minutes',
    requiredClaims: ['iss', 'aud', 'iat', 'exp', 'jti', 'sid', 'sub', 'events'],
  });
  if (JSON.stringify(payload.events) !== JSON.stringify({ [EVENT]: {} })) throw new Error('events');
  if ('nonce' in payload) throw new Error('nonce');
  if (seen.has(payload.jti)) throw new Error('replayed');
  seen.add(payload.jti);
  return { ...payload, alg: protectedHeader.alg };
}

const http = createServer((request, response) => {
  let body = '';
  request.on('data', (part) => (body += part));
  request.on('end', async () => {
    try {
      const said = await judge(new URLSearchParams(body).get('logout_token'));
      response.writeHead(200, { 'cache-control': 'no-store' }).end();
      console.log(JSON.stringify(said));
    } catch (error) {
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: 'invalid_request' }));
      console.log(JSON.stringify({ refused: String(error) }));
    }
  });
});
http.listen(0, '127.0.0.1', () =>
  console.log(JSON.stringify({
    port: http.address().port,
    supported: server.backchannel_logout_supported === true && server.backchannel_logout_session_supported === true,
  })),
);
