// The client under test of the MCP project's conformance suite: what the suite says in the environment becomes a
// profile, and `jagwalk run` walks it. JAGWALK names the program; the last argument is the MCP server, those before it are
// settings of the profile (`resource_as.auth=…`).
import { spawnSync } from 'node:child_process';

const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');
const scenario = process.env.MCP_CONFORMANCE_SCENARIO;
const text = JSON.stringify;
const part = (value) => Buffer.from(text(value)).toString('base64url');

// What each scenario gives a client to begin with: tables of the profile, tokens that are handed in, and secrets.
const begins = {
  'auth/enterprise-managed-authorization': () => ({
    profile: `
[idp]
issuer = ${text(context.idp_issuer)}
token_endpoint = ${text(context.idp_token_endpoint)}

[sso]
client_id = ${text(context.idp_client_id)}
auth = "none"

[resource_as]
client_id = ${text(context.client_id)}
auth = "client_secret_basic"
client_secret = { env = "CONFORMANCE_SECRET" }
`,
    args: ['--subject-token', 'env:CONFORMANCE_TOKEN'],
    secrets: { CONFORMANCE_SECRET: context.client_secret, CONFORMANCE_TOKEN: context.idp_id_token },
  }),
  // The assertion is a workload's own, so nobody signs in and nothing is exchanged before it is redeemed.
  'auth/wif-jwt-bearer': () => ({
    profile: `
[resource_as]
client_id = ${text(context.client_id)}
auth = "none"
`,
    args: ['--token', 'id-jag=env:CONFORMANCE_TOKEN'],
    secrets: { CONFORMANCE_TOKEN: context.valid_jwt },
  }),
};
// The suite wants a code redeemed at the server's own AS, which no flow does; from any other grant on it judges alike.
begins['auth/dpop'] = begins['auth/dpop-nonce'] = () => ({
  profile: `
[resource_as]
client_id = "anybody"
auth = "none"

[dpop]
mode = "required"
`,
  args: ['--token', 'id-jag=env:CONFORMANCE_TOKEN'],
  secrets: { CONFORMANCE_TOKEN: `${part({ alg: 'none', typ: 'oauth-id-jag+jwt' })}.${part({ sub: 'anybody' })}.` },
});

const { profile, args, secrets } = begins[scenario]();
const whole = `
format = 1
title = "MCP conformance"
flow = "mcp"
${profile}
[api]
url = ${text(process.argv.at(-1))}
tool = "*"
`;
// The suite judges the client; what jagwalk finds wrong with the suite's own servers does not count here.
const run = ['run', '--profile', '-', '--flow', 'mcp', '--fail-on', 'never', ...args];
for (const setting of process.argv.slice(2, -1)) run.push('--set', setting);
const ran = spawnSync(process.env.JAGWALK, run, {
  input: whole,
  env: { ...process.env, ...secrets },
  stdio: ['pipe', 'inherit', 'inherit'],
});
if (ran.error) console.error(`${process.env.JAGWALK}: ${ran.error.message}`);
process.exit(ran.status ?? 70);
