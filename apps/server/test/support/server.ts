import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Clock } from '@pomona/schema'
import { openMemoryEventStore, openMemoryLog, openMemoryRecords } from '@pomona/store'
import { pino } from 'pino'
import { CONTENT_DIRECTORY, ServerConfig } from '../../src/config.ts'
import { memoryKeyFiles } from '../../src/pki/key-files.ts'
import { type GivenStores, type RunningServer, startServer } from '../../src/index.ts'
import { speakFor } from './post.ts'

export const PASSWORD = 'correct horse battery staple'

/** Fires on a command line that holds `evil`. */
export const EVIL_RULE = `title: Evil command
id: 6f0b6a3e-7c6f-4f0c-9a38-0f4b8f6f0001
status: experimental
description: Test rule.
references: [https://example.org/evil]
author: Pomona
date: 2026-11-22
tags: [attack.execution, attack.t1059.004]
logsource: { category: process_creation, product: macos }
detection:
  selection: { CommandLine|contains: evil }
  condition: selection
falsepositives: [Tests]
level: high
`

/** A folder that is gone when the test is. */
export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-server-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A content directory with the given rules by file name. */
export function contentFolder(
  context: TestContext,
  rules: Readonly<Record<string, string>> = { 'evil.yml': EVIL_RULE },
): string {
  const folder = temporaryFolder(context)
  mkdirSync(join(folder, 'rules'))
  cpSync(join(CONTENT_DIRECTORY, 'mappings'), join(folder, 'mappings'), { recursive: true })
  for (const [name, text] of Object.entries(rules)) writeFileSync(join(folder, 'rules', name), text)
  return folder
}

export interface TestServer {
  readonly server: RunningServer
  readonly stores: GivenStores
  readonly contentDirectory: string
  readonly api: Client
}

export interface TestServerOptions {
  readonly config?: Partial<ServerConfig>
  readonly clock?: Clock
  readonly stores?: Partial<GivenStores>
}

/** A server on a free loopback port with stores in memory, closed when the test is over. */
export async function startTestServer(
  context: TestContext,
  options: TestServerOptions = {},
): Promise<TestServer> {
  const contentDirectory = options.config?.content_directory ?? contentFolder(context)
  const keys = options.stores?.keys ?? memoryKeyFiles()
  const stores: GivenStores = {
    log: openMemoryLog(),
    records: openMemoryRecords(),
    events: openMemoryEventStore(),
    keys,
    ...options.stores,
  }
  const config = ServerConfig.parse({
    listen_port: 0,
    agent_listen_port: 0,
    console_directory: join(contentDirectory, 'no-console'),
    ...options.config,
    content_directory: contentDirectory,
  })
  const server = await startServer(config, {
    logger: pino({ level: 'silent' }),
    stores,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  })
  context.after(() => server.close())
  speakFor(server, keys)
  return { server, stores, contentDirectory, api: new Client(server.address) }
}

export interface CallOptions {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A browser as far as the server can tell: keeps its cookie and names its origin. */
export class Client {
  readonly address: string
  cookie: string | undefined

  constructor(address: string) {
    this.address = address
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Response> {
    const { body, headers = {} } = options
    const response = await fetch(this.address + path, {
      method,
      headers: {
        ...(method === 'GET' ? {} : { origin: this.address, 'sec-fetch-site': 'same-origin' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.cookie === undefined ? {} : { cookie: this.cookie }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const cookie = response.headers.get('set-cookie')?.split(';')[0]
    if (cookie !== undefined) this.cookie = cookie
    return response
  }

  /** The parsed body of a call that must succeed. */
  async json(method: string, path: string, options: CallOptions = {}): Promise<unknown> {
    const response = await this.call(method, path, options)
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text)
  }

  get(path: string): Promise<unknown> {
    return this.json('GET', path)
  }
}

/** Makes the first user with the server's link and signs the client in. */
export async function signInFirst(server: RunningServer, api: Client): Promise<void> {
  const token = server.firstRunLink?.split('#token=')[1] ?? ''
  await api.json('POST', '/api/v1/first-run', { body: { token, name: 'ada', password: PASSWORD } })
}

/** Waits until a condition holds; the test's own timeout ends a wait that never does. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
}
