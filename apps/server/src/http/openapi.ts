import { ApiProblem } from '@pomona/schema'
import { z } from 'zod'
import { assertNever } from '../errors.ts'
import { PROBLEM_MEANINGS } from './problem.ts'
import type { Access, RouteDefinition } from './route.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * The OpenAPI 3.1 document of a route table. 3.1 speaks JSON Schema 2020-12, which is what zod
 * writes, so schemas go in as they are.
 */
export function openApiOf(routes: readonly RouteDefinition[]): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    const operations = paths[path] ?? {}
    operations[route.method.toLowerCase()] = operationOf(route)
    paths[path] = operations
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pomona',
      version: '1',
      description: 'Every refusal is a Problem with a code of a closed list.',
    },
    paths,
    components: {
      schemas: {
        Problem: schemaOf(ApiProblem, 'output'),
      },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-pomona' },
      },
    },
  }
}

function operationOf(route: RouteDefinition): Json {
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')]
  return {
    summary: route.summary,
    security: securityOf(route.access),
    'x-role': route.access.kind === 'session' ? route.access.role : undefined,
    parameters: parameters.length === 0 ? undefined : parameters,
    requestBody: bodyOf(route.body),
    responses: { [String(route.status ?? 200)]: successOf(route), default: PROBLEM },
  }
}

function bodyOf(schema: z.ZodType | undefined): Json | undefined {
  if (schema === undefined) return undefined
  return { required: true, content: { 'application/json': { schema: schemaOf(schema, 'input') } } }
}

const PROBLEM: Json = {
  description: `Refused. Codes: ${Object.keys(PROBLEM_MEANINGS).join(', ')}.`,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

function successOf(route: RouteDefinition): Json {
  const { response, produces } = route
  if (produces !== undefined) {
    return { description: 'Done.', content: { [produces]: { schema: { type: 'string' } } } }
  }
  if (response === undefined) return { description: 'Done; no body.' }
  return {
    description: 'Done.',
    content: { 'application/json': { schema: schemaOf(response, 'output') } },
  }
}

function securityOf(access: Access): readonly Json[] {
  switch (access.kind) {
    case 'public':
      return []
    case 'agent':
    case 'enrolment':
      return []
    case 'session':
      return [{ session: [] }]
    default:
      return assertNever(access)
  }
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  // What a transform makes of a value is not on the wire; only what it takes is described.
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return json
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): readonly Json[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  })
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }))
}
