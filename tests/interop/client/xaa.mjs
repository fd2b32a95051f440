// The MCP project's own client library walks Cross App Access against `jagwalk lab`: sign-in at the IdP, the exchange for
// an ID-JAG, its redemption and the tools of the MCP server, each by functions of the library.
//   node client/xaa.mjs CLIENTS.json [--dpop]     the file that the lab writes; prints what came, one JSON object
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  Client, CrossAppAccessProvider, DpopSession, StreamableHTTPClientTransport, discoverAndRequestJwtAuthGrant,
  discoverAuthorizationServerMetadata, exchangeAuthorization, startAuthorization,
} from '@modelcontextprotocol/client';

const { values: options, positionals } = parseArgs({ options: { dpop: { type: 'boolean', default: false } }, allowPositionals: true });
const lab = JSON.parse(readFileSync(positionals[0], 'utf8'));
const method = 'token_endpoint_auth_method';
// The library posts its secret to the IdP and sends it as Basic to the resource AS.
const held = lab.clients.find(({ idp, resource_as: as }) => idp[method] === 'client_secret_post' && as?.[method] === 'client_secret_basic');
const dpop = options.dpop ? await DpopSession.create() : undefined;

async function signIn() {
  const metadata = await discoverAuthorizationServerMetadata(lab.idp);
  const redirectUrl = 'http://127.0.0.1:8765/callback';
  const clientInformation = held.idp;
  const { authorizationUrl, codeVerifier } = await startAuthorization(lab.idp, { metadata, clientInformation, redirectUrl, scope: 'openid email' });
  authorizationUrl.searchParams.set('login_hint', 'alice');
  // A browser without a person: keeps the cookie, follows redirects up to the client's own address.
  let at = authorizationUrl.href;
  let cookie = '';
  while (!at.startsWith(redirectUrl)) {
    const page = await fetch(at, { redirect: 'manual', headers: { cookie } });
    cookie = page.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    at = page.headers.get('location') ?? (() => { throw new Error(`no redirect: ${page.status}`); })();
  }
  const back = new URL(at).searchParams;
  const tokens = await exchangeAuthorization(lab.idp, { metadata, clientInformation, redirectUri: redirectUrl, codeVerifier, authorizationCode: back.get('code'), iss: back.get('iss') });
  return tokens.id_token;
}

const idToken = await signIn();
const seen = [];
const provider = new CrossAppAccessProvider({
  clientId: held.resource_as.client_id,
  clientSecret: held.resource_as.client_secret,
  expectedIssuer: lab.resource_as,
  assertion: async (context) => {
    seen.push(context.authorizationServerUrl, context.resourceUrl);
    const granted = await discoverAndRequestJwtAuthGrant({
      idpUrl: lab.idp, audience: context.authorizationServerUrl, resource: context.resourceUrl, idToken,
      clientId: held.idp.client_id, clientSecret: held.idp.client_secret, scope: context.scope, fetchFn: context.fetchFn,
    });
    return granted.jwtAuthGrant;
  },
});
if (dpop) provider.dpop = () => dpop;
const client = new Client({ name: 'interop', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(new URL(lab.mcp), { authProvider: provider }));
const { tools } = await client.listTools();
const notes = await client.callTool({ name: 'list_notes', arguments: {} });
await client.close();
console.log(JSON.stringify({ named: seen, tools: tools.map((tool) => tool.name), notes: notes.content, token_type: provider.tokens().token_type }));
