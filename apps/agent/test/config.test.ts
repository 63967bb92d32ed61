import { equal, match, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { CONFIG_PROPERTIES, loadConfig } from '../src/config.ts'

const load = (flags: readonly string[]) =>
  loadConfig({ flags, environment: {}, readFile: () => '{}' })

test('config: an agent starts without any setting', () => {
  equal(load([]).server_url, undefined)
})

test('config: a server is spoken to over TLS alone', () => {
  equal(load(['--server-url=https://edr.example:8444']).server_url, 'https://edr.example:8444')
  throws(() => load(['--server-url=http://edr.example']), /server_url/)
})

test('config: every key says what it means', () => {
  for (const [key, property] of Object.entries(CONFIG_PROPERTIES)) {
    match(typeof property === 'object' ? (property.description ?? '') : '', /\w/, key)
  }
})
