/** Reference pages that are read out of the apps' schemas: configuration and the HTTP API. */
import { CONFIG_PROPERTIES as AGENT_PROPERTIES } from '../apps/agent/src/config.ts'
import { AGENT_ROUTES } from '../apps/server/src/agents/routes.ts'
import { ROUTES } from '../apps/server/src/api/routes.ts'
import { CONFIG_PROPERTIES as SERVER_PROPERTIES } from '../apps/server/src/config.ts'
import { PROBLEM_MEANINGS } from '../apps/server/src/http/problem.ts'
import type { Access, RouteDefinition } from '../apps/server/src/http/route.ts'

interface Property {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: string | number | boolean
  readonly description?: string
}

function kindOf({ type, enum: values, minimum, maximum }: Property): string {
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ')
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
  const upper = bounded ? ` to ${maximum}` : ''
  return minimum === undefined ? String(type) : `${type}, from ${minimum}${upper}`
}

function configTable(properties: object): string {
  // Our own schemas: texts, whole numbers, yes and no, each with a description.
  const rows = Object.entries(properties as Readonly<Record<string, Property>>).map(
    ([key, property]) =>
      `| \`${key}\` | ${kindOf(property)} | ${property.default ?? ''} | ${property.description} |`,
  )
  return `| key | value | default | meaning |
|---|---|---|---|
${rows.join('\n')}`
}

/** `docs/reference/config.md`: every key of the server's and the agent's configuration. */
export function configPage(): string {
  return `# Configuration

Generated from \`config.ts\` of \`apps/server\` and \`apps/agent\` by \`npm run generate\`.

A key \`listen_port\` is set by the flag \`--listen-port 9000\`, by the environment variable
\`POMONA_LISTEN_PORT=9000\`, or in the JSON file that \`--config FILE\` or \`POMONA_CONFIG\`
names. Flags go over environment, environment over file, file over default. Unknown keys are
refused; of the environment, those that resemble a key.

## Server

${configTable(SERVER_PROPERTIES)}

## Agent

${configTable(AGENT_PROPERTIES)}
`
}

function accessText(access: Access): string {
  return access.kind === 'session' ? access.role : access.kind
}

function routeRows(table: Readonly<Record<string, RouteDefinition>>): string {
  return Object.values(table)
    .map(
      ({ method, path, access, summary }) =>
        `| ${method} | \`${path}\` | ${accessText(access)} | ${summary} |`,
    )
    .join('\n')
}

/** `docs/reference/api.md`: every route with who may call it, and every code of a refusal. */
export function apiPage(): string {
  const routes = routeRows(ROUTES)
  const agentRoutes = routeRows(AGENT_ROUTES)
  const problems = Object.entries(PROBLEM_MEANINGS).map(
    ([code, { status, meaning }]) => `| \`${code}\` | ${status} | ${meaning} |`,
  )
  return `# HTTP API

Generated from the route table of \`apps/server\` by \`npm run generate\`. The server describes
itself in OpenAPI 3.1 at \`GET /api/v1/openapi.json\`; messages are declared in
\`packages/schema/src/api.ts\` and \`batch.ts\`.

*Access*: \`public\` is open to anybody, \`ingest\` needs the bearer token of the agents, any other
word is the lowest role a signed-in user needs (viewer, analyst, responder, engineer, admin). A
request that changes something must come from the console's own origin.

| method | path | access | what it does |
|---|---|---|---|
${routes}

## Agents

On a port of its own (\`agent_listen_port\`), TLS 1.3 only; messages are declared in
\`packages/schema/src/agent\` and \`batch.ts\`. *Access*: \`agent\` needs the client certificate
of a host, which alone says who speaks; \`enrolment\` needs a token in the body.

| method | path | access | what it does |
|---|---|---|---|
${agentRoutes}

## Refusals

Every refusal is \`{"code", "message", "fields"?}\`. The code is the contract, the message is
for people.

| code | status | meaning |
|---|---|---|
${problems.join('\n')}
`
}
