import { deepEqual, equal, match, throws } from 'node:assert/strict'
import { test } from 'node:test'
import type { SettingsSources } from '@pomona/settings'
import { loadConfig } from '../src/config.ts'

function load(sources: Partial<Omit<SettingsSources, 'readFile'>> & { file?: string } = {}) {
  const { flags = [], environment = {}, file = '{}' } = sources
  return loadConfig({ flags, environment, readFile: () => file })
}

test('config: flags go over environment, environment over file, file over default', () => {
  const config = load({
    flags: ['--config=x.json', '--listen-port', '4'],
    environment: {
      POMONA_LISTEN_PORT: '3',
      POMONA_LISTEN_HOST: '::1',
      HOME: '/root',
      POMONA_TEST_SEED: '7',
    },
    file: '{"listen_port":2,"listen_host":"localhost","connections_max":77}',
  })
  const { listen_port, listen_host, connections_max, log_level } = config
  deepEqual(
    { listen_port, listen_host, connections_max, log_level },
    { listen_port: 4, listen_host: '::1', connections_max: 77, log_level: 'info' },
  )
})

const refusals: readonly (Parameters<typeof load>[0] & { name: string; want: RegExp })[] = [
  {
    name: 'an unknown flag',
    flags: ['--listen-prt=1'],
    want: /--listen-prt: unknown; did you mean listen_port/,
  },
  {
    name: 'an unknown variable',
    environment: { POMONA_LISTEN_PRT: 'x' },
    want: /POMONA_LISTEN_PRT: unknown/,
  },
  {
    name: 'an unknown key',
    environment: { POMONA_CONFIG: 'f' },
    file: '{"port":1}',
    want: /port: unknown/,
  },
  { name: 'a stray word', flags: ['serve'], want: /serve: not a flag/ },
  { name: 'a flag without value', flags: ['--listen-port'], want: /--listen-port: needs a value/ },
  { name: 'a port out of range', flags: ['--listen-port=65536'], want: /listen_port/ },
  { name: 'text for a number', flags: ['--listen-port=x'], want: /listen_port/ },
  { name: 'half of TLS', flags: ['--tls-cert=c.pem'], want: /belong together/ },
  {
    name: 'every address without a home',
    flags: ['--listen-host=0.0.0.0'],
    want: /public_url is needed/,
  },
  {
    name: 'plain http for others',
    flags: ['--public-url=http://edr.example'],
    want: /must be https/,
  },
  {
    name: 'a file that is not JSON',
    flags: ['--config=f'],
    file: '{',
    want: /not a readable JSON/,
  },
  {
    name: 'a file that is a list',
    flags: ['--config=f'],
    file: '[]',
    want: /not hold a JSON object/,
  },
]
for (const { name, want, ...sources } of refusals) {
  test(`config: refuses ${name}`, () => {
    throws(() => load(sources), want)
  })
}

test('config: tells every problem at once', () => {
  try {
    load({ flags: ['--listen-port=x', '--nope=1'], environment: { POMONA_LOG_LEVEL: 'loud' } })
    throw new Error('was accepted')
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    equal(message.split('\n').length, 3)
    match(message, /log_level/)
  }
})
