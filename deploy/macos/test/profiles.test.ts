import { deepEqual, equal, match, ok, throws } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { codeRequirement, profiles } from '../profiles.ts'

const OPTIONS = { teamId: 'ABCDE12345', bundleId: 'com.example.agent', organization: 'A & B' }
const SCHEMAS = join(import.meta.dirname, '../../../../shared/data/ecosystem/apple-mdm')

test('profiles: made anew they are the same, so that an MDM replaces them', () => {
  deepEqual(profiles(OPTIONS), profiles(OPTIONS))
})

test('profiles: another team has other identifiers', () => {
  const uuids = (teamId: string): readonly string[] =>
    profiles({ ...OPTIONS, teamId }).flatMap(({ text }) => text.match(/[0-9A-F-]{36}/g) ?? [])
  const [one, other] = [uuids('ABCDE12345'), uuids('ABCDE12346')]
  equal(new Set([...one, ...other]).size, one.length + other.length)
})

const refused = [
  { name: 'a short team id', options: { ...OPTIONS, teamId: 'ABC' } },
  { name: 'a team id with a quote', options: { ...OPTIONS, teamId: 'ABCDE1234"' } },
  { name: 'a bundle id without a dot', options: { ...OPTIONS, bundleId: 'agent' } },
  { name: 'a bundle id with a quote', options: { ...OPTIONS, bundleId: 'com.x" or true' } },
]
for (const { name, options } of refused) {
  test(`profiles: ${name} is refused`, () => {
    throws(() => profiles(options), Error)
  })
}

test('profiles: the requirement names identifier, Developer ID and team', () => {
  const requirement = codeRequirement(OPTIONS)
  match(requirement, /^identifier "com\.example\.agent" and anchor apple generic/)
  match(requirement, /certificate leaf\[subject\.OU\] = "ABCDE12345"$/)
})

test('profiles: what people typed is escaped', () => {
  for (const { text } of profiles(OPTIONS)) match(text, /<string>A &amp; B<\/string>/)
})

test('profiles: they are property lists', (t) => {
  const python =
    'import plistlib,sys,json; json.dump(plistlib.loads(sys.stdin.buffer.read()), sys.stdout)'
  for (const { name, text } of profiles(OPTIONS)) {
    const read = spawnSync('python3', ['-c', python], { input: text, encoding: 'utf8' })
    if (read.error) return t.skip('There is no python3 here.')
    equal(read.status, 0, `${name}: ${read.stderr}`)
  }
})

interface SchemaKey {
  readonly key: string
  readonly presence?: string
  readonly rangelist?: readonly unknown[]
  readonly subkeys?: readonly SchemaKey[]
}

test('profiles: every key is in Apple’s schema, and none it demands is missing', (t) => {
  if (!existsSync(SCHEMAS)) return t.skip(`There is no ${SCHEMAS}.`)
  for (const { name, text } of profiles(OPTIONS)) {
    const type = /<key>PayloadType<\/key>\s*<string>(com\.apple[^<]*)</.exec(text)?.[1]
    ok(type, name)
    const path = join(SCHEMAS, `${type}.yaml`)
    const { payloadkeys } = parse(readFileSync(path, 'utf8')) as { payloadkeys: SchemaKey[] }
    const known = new Map(payloadkeys.flatMap((key) => flat(key)).map((key) => [key.key, key]))
    const used = [...text.matchAll(/<key>([^<]*)<\/key>/g)].map(([, key]) => key ?? '')
    const ours = used.filter((key) => !key.startsWith('Payload'))
    ok(ours.length > 0)
    for (const key of ours) ok(known.has(key), `${name}: Apple knows no ${key}.`)
    for (const { key, presence } of payloadkeys) {
      if (presence === 'required') ok(ours.includes(key), `${name} lacks ${key}.`)
    }
  }
})

function flat(key: SchemaKey): readonly SchemaKey[] {
  return [key, ...(key.subkeys ?? []).flatMap((inner) => flat(inner))]
}
