// The provider's memory, open to the control endpoint: tests end tokens and withdraw consents in it.

const rows = new Map();
const now = () => Math.floor(Date.now() / 1000);

export class Store {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload) {
    rows.set(this.key(id), payload);
  }

  async find(id) {
    return rows.get(this.key(id));
  }

  async findByUid(uid) {
    return this.first((payload) => payload.uid === uid);
  }

  async findByUserCode(userCode) {
    return this.first((payload) => payload.userCode === userCode);
  }

  async consume(id) {
    rows.get(this.key(id)).consumed = now();
  }

  async destroy(id) {
    rows.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const [key, payload] of rows) if (payload.grantId === grantId) rows.delete(key);
  }

  first(fits) {
    for (const [key, payload] of rows) if (key.startsWith(`${this.model}:`) && fits(payload)) return payload;
    return undefined;
  }
}

export function endAccessTokens() {
  for (const [key, payload] of rows) {
    if (key.startsWith('AccessToken:') || key.startsWith('ClientCredentials:')) payload.exp = now() - 1;
  }
}

export function withdraw(accountId) {
  const grants = new Set();
  for (const [key, payload] of rows) {
    if (payload.accountId === accountId && payload.grantId) grants.add(payload.grantId);
    if (key.startsWith('Session:') && payload.accountId === accountId) rows.delete(key);
  }
  for (const [key, payload] of rows) {
    if (grants.has(payload.grantId) || grants.has(payload.jti)) rows.delete(key);
  }
  return grants.size;
}

export function living(model) {
  return [...rows].filter(([key, p]) => key.startsWith(`${model}:`) && !p.consumed && p.exp > now()).length;
}

export function forget() {
  for (const [key] of rows) if (!key.startsWith('Client:')) rows.delete(key);
}
