// A protected resource: echoes the request to whoever shows a living access token, opaque or JWT; else 401 (RFC 6750).

import { verify } from 'node:crypto';

const read = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

const claims = (token, publicKey) => {
  const [head, body, signature] = token.split('.');
  if (!verify('RSA-SHA256', Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, 'base64url'))) return null;
  const found = JSON.parse(Buffer.from(body, 'base64url').toString());
  return found.exp * 1000 > Date.now() ? found : null;
};

export const resource = (provider, publicKey, state) => async (request, response) => {
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  const isJwt = token.split('.').length === 3;
  const kind = isJwt ? 'jwt' : 'opaque';
  const found = isJwt
    ? claims(token, publicKey)
    : ((await provider.ClientCredentials.find(token)) ?? (await provider.AccessToken.find(token)));
  const body = await read(request);
  if (!token || !found || found.isExpired || (isJwt && state.ended.has(token))) {
    response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"', 'Content-Type': 'application/json' });
    return response.end('{"error": "invalid_token"}');
  }
  if (isJwt) state.seen.add(token);
  const headers = { ...request.headers, authorization: undefined };
  response.writeHead(200, { 'Content-Type': 'application/json' });
  return response.end(JSON.stringify({ kind, method: request.method, url: request.url, headers, body }));
};
