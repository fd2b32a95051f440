// The client under test of the MCP project's conformance suite: what the suite says in the environment becomes a
// profile, and `jagwalk run` walks it. JAGWALK names the program; the last argument is the MCP server, those before it are
// settings of the profile (`resource_as.auth=…`).
import { spawnSync } from 'node:child_process';

const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT);
const profile = `
format = 1
title = "MCP conformance"
flow = "mcp"

[idp]
issuer = ${JSON.stringify(context.idp_issuer)}
token_endpoint = ${JSON.stringify(context.idp_token_endpoint)}

[sso]
client_id = ${JSON.stringify(context.idp_client_id)}
auth = "none"

[resource_as]
client_id = ${JSON.stringify(context.client_id)}
auth = "client_secret_basic"
client_secret = { env = "CONFORMANCE_CLIENT_SECRET" }

[api]
url = ${JSON.stringify(process.argv.at(-1))}
tool = "*"
`;
// The suite judges the client; what jagwalk finds wrong with the suite's own servers does not count here.
const args = ['run', '--profile', '-', '--flow', 'mcp', '--subject-token', 'env:CONFORMANCE_ID_TOKEN', '--fail-on', 'never'];
for (const setting of process.argv.slice(2, -1)) args.push('--set', setting);
const ran = spawnSync(process.env.JAGWALK, args, {
  input: profile,
  env: { ...process.env, CONFORMANCE_CLIENT_SECRET: context.client_secret, CONFORMANCE_ID_TOKEN: context.idp_id_token },
  stdio: ['pipe', 'inherit', 'inherit'],
});
if (ran.error) console.error(`${process.env.JAGWALK}: ${ran.error.message}`);
process.exit(ran.status ?? 70);
