// The certified provider, set up strictly: PKCE S256, rotation with reuse detection, `iss`, opaque access tokens.
// Writes {"issuer", "control"} to the file named by READY once it answers; ends when its standard input is closed.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';

import { Provider } from 'oidc-provider';

import { control } from './control.mjs';
import { interaction } from './interaction.mjs';
import { resource } from './resource.mjs';
import { Store } from './store.mjs';

const CALLBACK = 'get-oauth2-token-by-authorization-code.pl';
const state = {
  ttl: {
    access: Number(process.env.ACCESS_TTL ?? 3600),
    refresh: Number(process.env.REFRESH_TTL ?? 14 * 24 * 3600),
  },
  delay: 0,
  seen: new Set(), // JWTs that the protected resource took
  ended: new Set(),
  asked: {},
  granted: {},
  refused: {},
};

const code = {
  application_type: 'native', // any loopback port
  redirect_uris: ['localhost', '127.0.0.1'].flatMap((host) => [
    `http://${host}/otrs/${CALLBACK}`,
    `http://${host}/${CALLBACK}`,
    `http://${host}/callback`,
  ]),
  response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid email offline_access mail',
};
const machine = { redirect_uris: [], response_types: [], grant_types: ['client_credentials'], scope: 'mail' };

const clients = [
  { ...code, client_id: 'code-post', client_secret: 'code-post-secret', token_endpoint_auth_method: 'client_secret_post' },
  { ...code, client_id: 'code-basic', client_secret: 'code-basic-secret', token_endpoint_auth_method: 'client_secret_basic' },
  { ...code, client_id: 'code-odd', client_secret: 'p@ss:w+rd/%20=&x ?', token_endpoint_auth_method: 'client_secret_basic' },
  { ...code, client_id: 'code-public', token_endpoint_auth_method: 'none' },
  { ...machine, client_id: 'machine', client_secret: 'machine-secret', token_endpoint_auth_method: 'client_secret_post' },
  { ...machine, client_id: 'machine-basic', client_secret: 'machine-secret', token_endpoint_auth_method: 'client_secret_basic' },
  { client_id: 'introspector', client_secret: 'introspector-secret', token_endpoint_auth_method: 'client_secret_basic', redirect_uris: [], response_types: [], grant_types: [] },
];
const machineEmail = (clientId) => `${clientId}@bursar.test`;

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const configuration = {
  adapter: Store,
  clients,
  scopes: ['openid', 'email', 'offline_access', 'mail'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: false,
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'test' }] },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, indicator) => ({ scope: 'mail', audience: indicator, accessTokenFormat: 'jwt' }),
    },
  },
  ttl: {
    AccessToken: () => state.ttl.access,
    ClientCredentials: () => state.ttl.access,
    RefreshToken: () => state.ttl.refresh,
    AuthorizationCode: 60,
    IdToken: 3600,
    Grant: 14 * 24 * 3600,
    Interaction: 600,
    Session: 3600,
  },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id.replace(/^sub-/, ''), email_verified: true }),
  }),
  extraTokenClaims: (_ctx, token) => ({
    email: token.accountId ? token.accountId.replace(/^sub-/, '') : machineEmail(token.clientId),
  }),
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
};

const server = http.createServer();
await new Promise((listening) => server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', 1024, listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, configuration);

const count = (where, kind) => {
  where[kind] = (where[kind] ?? 0) + 1;
};
provider.use(async (ctx, next) => {
  if (ctx.path !== '/token') return next();
  if (state.delay) await new Promise((over) => setTimeout(over, state.delay));
  await next();
  const kind = ctx.oidc?.params?.grant_type ?? 'unreadable';
  count(state.asked, kind);
  count(ctx.status === 200 ? state.granted : state.refused, kind);
});

const answer = provider.callback();
const protectedResource = resource(provider, publicKey, state);
server.on('request', (request, response) => {
  if (request.url.startsWith('/interaction/')) return interaction(provider, request, response);
  if (request.url.startsWith('/resource/')) return protectedResource(request, response);
  return answer(request, response);
});
const controlServer = control(state);
await new Promise((listening) => controlServer.listen(0, '127.0.0.1', listening));

const ready = JSON.stringify({ issuer, control: `http://127.0.0.1:${controlServer.address().port}` });
writeFileSync(`${process.env.READY}.part`, ready);
renameSync(`${process.env.READY}.part`, process.env.READY);
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
