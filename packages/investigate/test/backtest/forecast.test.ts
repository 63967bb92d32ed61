import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Detector } from '@pomona/detect'
import { loadExceptions, loadSigma, parseFieldMapping, type Rule } from '@pomona/rules'
import type { EcsEvent } from '@pomona/schema'
import { type RuleForecast, RuleTally } from '../../src/backtest/forecast.ts'

const MAPPING = parseFieldMapping(
  'name: none\nproducts: [macos]\nfields: {}\nprefixes: {}\nabsent: {}\nvalues: {}\ncategories: {}\n',
)

function ruleOf(): Rule {
  const text = [
    'title: "Odd: name"',
    'id: 11111111-2222-4333-8444-000000000001',
    'logsource: {product: macos}',
    'detection: {s: {process.name: tool}, condition: s}',
  ].join('\n')
  const [outcome] = loadSigma(
    { path: 'rule.yml', text },
    { mapping: MAPPING, fields: 'raw', purpose: 'evaluate' },
  )
  if (outcome?.state !== 'loaded') throw new Error(JSON.stringify(outcome))
  return outcome.rule
}

const RULE = ruleOf()

interface Told {
  readonly host?: string
  readonly day?: number
  readonly process?: object
  readonly file?: string
  readonly platform?: boolean
}

function eventOf(told: Told, index: number): EcsEvent {
  const { host = 'mac-1', day = 1, process, file, platform } = told
  return {
    '@timestamp': `2026-11-0${day}T09:00:00.000000000Z`,
    event: { id: `stream-${index}` },
    host: { id: host },
    process: { name: 'tool', executable: '/Users/ada/tool', ...process },
    ...(file === undefined ? {} : { file: { path: file } }),
    ...(platform === undefined ? {} : { macos: { process: { platform_binary: platform } } }),
  }
}

function forecastOf(told: readonly Told[]): RuleForecast {
  const detector = new Detector([RULE], { repeatSpanMs: 0 })
  const tally = new RuleTally(RULE, { causesMax: 3, keptMax: 100 })
  for (const [index, one] of told.entries()) {
    const event = eventOf(one, index)
    for (const alert of detector.process(event)) tally.add(alert, event)
  }
  return tally.forecast({ matches: told.length, excepted: 0, hostDays: 10 })
}

const SIGNED = { code_signature: { status: 'trusted', signing_id: 'com.*.tool', team_id: 'TEAM' } }
const UNSIGNED = { code_signature: { status: 'unsigned' } }
const PLATFORM = { code_signature: { status: 'trusted', signing_id: 'com.apple.sh' } }

test('forecast: alerts by Mac and day, and their causes', () => {
  const forecast = forecastOf([
    { process: SIGNED },
    { process: SIGNED, day: 2 },
    { process: SIGNED, host: 'mac-2' },
    { process: UNSIGNED, host: 'mac-2' },
  ])
  equal(forecast.alerts, 4)
  equal(forecast.hosts, 2)
  deepEqual(forecast.per_host_day, { p50: 0, p95: 2, max: 2 })
  deepEqual(
    forecast.causes.map(({ alerts, hosts, share, cause }) => [alerts, hosts, share, cause.signer]),
    [
      [3, 2, 0.75, 'developer'],
      [1, 1, 0.25, 'unsigned'],
    ],
  )
  equal(forecast.causes[0]?.cause.process, '/Users/*/tool')
})

test('forecast: proposes an exception for a signed cause and tells what it would keep', () => {
  const { proposal } = forecastOf([
    ...[1, 2, 3].map((day) => ({ process: SIGNED, day })),
    ...[1, 2, 3, 4, 5].map((day) => ({ process: UNSIGNED, day, host: 'mac-2' })),
  ])
  equal(proposal?.removes, 3)
  equal(proposal.tried, 8)
  deepEqual(proposal.keeps, { alerts: 5, hosts: 1, per_host_day: { p50: 0, p95: 1, max: 1 } })
  // Texts of endpoints are texts: a star in a signing id is no wildcard.
  equal(proposal.fields['process.code_signature.signing_id'], 'com.\\*.tool')
  ok(proposal.document.includes('"com.\\\\*.tool"'), proposal.document)
  ok(proposal.document.includes('title: "Exception to Odd: name"'), proposal.document)
})

const refused: readonly { name: string; told: readonly Told[] }[] = [
  { name: 'nobody vouches for the program', told: [1, 2, 3].map(() => ({ process: UNSIGNED })) },
  { name: 'there are too few alerts', told: [1, 2].map(() => ({ process: SIGNED })) },
  {
    name: 'it is a program of macOS that anybody may have started',
    told: [1, 2, 3].map(() => ({
      process: { ...PLATFORM, parent: { executable: '/bin/zsh' } },
      platform: true,
    })),
  },
]

for (const { name, told } of refused) {
  test(`forecast: proposes nothing when ${name}`, () => {
    equal(forecastOf(told).proposal, undefined)
  })
}

test('forecast: a program of macOS is excepted together with what it worked on', () => {
  const { proposal } = forecastOf([
    ...[1, 2, 3].map(() => ({ process: PLATFORM, platform: true, file: '/etc/known.conf' })),
    { process: PLATFORM, platform: true, file: '/etc/other.conf' },
  ])
  equal(proposal?.removes, 3)
  equal(proposal.keeps.alerts, 1)
  equal(proposal.fields['file.path'], '/etc/known.conf')
  equal(proposal.fields['macos.process.platform_binary'], true)
})

test('forecast: the exception takes away what it says, once a person answers for it', () => {
  const told = [1, 2, 3, 4].map((day) => ({ process: day === 4 ? UNSIGNED : SIGNED, day }))
  const { proposal } = forecastOf(told)
  const text = proposal?.document ?? ''
  const read = (source: string) =>
    loadExceptions([{ path: 'e.yml', text: source }], { mapping: MAPPING })
  const unsigned = read(text)
  deepEqual(unsigned.exceptions, [])
  equal(unsigned.problems.length, 2)
  const { exceptions, problems } = read(text.replaceAll("''", "'ana'"))
  deepEqual(problems, [])
  const detector = new Detector([RULE], { repeatSpanMs: 0, exceptions })
  const alerts = told.flatMap((one, index) => detector.process(eventOf(one, index)))
  equal(alerts.length, proposal?.keeps.alerts)
  equal(detector.counts().alertsDiscarded.excepted, proposal?.removes)
})
