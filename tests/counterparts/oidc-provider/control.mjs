// What a test may do to the provider from outside, as JSON over a port of its own.

import http from 'node:http';

import { endAccessTokens, forget, living, withdraw } from './store.mjs';

async function body(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return text ? JSON.parse(text) : {};
}

export function control(state) {
  const defaults = { ...state.ttl };
  const actions = {
    'GET /counts': () => ({
      asked: state.asked,
      granted: state.granted,
      refused: state.refused,
      refresh_tokens: living('RefreshToken'),
      access_tokens: living('AccessToken') + living('ClientCredentials'),
    }),
    'POST /lifetimes': (asked) => Object.assign(state.ttl, asked),
    'POST /delay': ({ milliseconds }) => {
      state.delay = milliseconds;
      return {};
    },
    'POST /end-access-tokens': () => {
      endAccessTokens();
      for (const token of state.seen) state.ended.add(token);
      return {};
    },
    'POST /withdraw': ({ login }) => ({ grants: withdraw(`sub-${login}`) }),
    'POST /reset': () => {
      forget();
      Object.assign(state, { asked: {}, granted: {}, refused: {}, delay: 0, ttl: { ...defaults } });
      return {};
    },
  };
  return http.createServer(async (request, response) => {
    const action = actions[`${request.method} ${request.url}`];
    response.setHeader('content-type', 'application/json');
    response.statusCode = action ? 200 : 404;
    response.end(JSON.stringify(action ? action(await body(request)) : { error: 'no such action' }));
  });
}
