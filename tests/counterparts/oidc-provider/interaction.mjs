// Sign-in and consent on one page: a form with `login`, and a button to deny. Any login is an account.

const page = (uid, detail) => `<!doctype html><html lang="en"><title>Sign in</title><link rel="icon" href="data:,">
<form method="post" action="/interaction/${uid}">
<label>Account <input name="login" value="support@bursar.test"></label>
<p>${detail}</p>
<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button>
</form></html>`;

const escaped = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

async function body(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return new URLSearchParams(text);
}

export async function interaction(provider, request, response) {
  try {
    const { uid, params } = await provider.interactionDetails(request, response);
    if (request.method !== 'POST') {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(page(uid, escaped(`${params.client_id} asks for: ${params.scope ?? ''}`)));
      return;
    }
    const form = await body(request);
    if (form.get('decision') === 'deny') {
      const denied = { error: 'access_denied', error_description: 'The person said no.' };
      await provider.interactionFinished(request, response, denied, { mergeWithLastSubmission: false });
      return;
    }
    const accountId = `sub-${form.get('login')}`;
    const grant = new provider.Grant({ accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope ?? '');
    const result = { login: { accountId, remember: false }, consent: { grantId: await grant.save() } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  } catch (problem) {
    response.statusCode = 400;
    response.end(`${problem.name}: ${problem.message}`);
  }
}
