import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import {
  readSettings,
  SettingsError,
  settingsProperties,
  type SettingsSources,
} from '../src/index.ts'

const Basket = z.strictObject({
  apples_max: z.int().min(1).default(10).describe('Apples.'),
  washed: z.boolean().default(false).describe('Whether they are.'),
  label: z.string().optional().describe('What stands on it.'),
})

function read(sources: Partial<SettingsSources>) {
  const contradictions = ({ washed, label }: z.infer<typeof Basket>) =>
    washed && label === undefined ? ['What is washed needs a label.'] : []
  const nothing = { flags: [], environment: {}, readFile: () => '{}' }
  return readSettings({ schema: Basket, contradictions }, { ...nothing, ...sources })
}

test('settings: flags go over environment, environment over file, file over default', () => {
  deepEqual(
    read({
      flags: ['--apples-max', '4', '--config=f'],
      environment: { POMONA_APPLES_MAX: '3', POMONA_LABEL: 'pink', PATH: '/bin' },
      readFile: () => '{"apples_max":2,"label":"red","washed":true}',
    }),
    { apples_max: 4, label: 'pink', washed: true },
  )
  deepEqual(read({}), { apples_max: 10, washed: false })
})

test('settings: yes and no are words in flags and environment', () => {
  equal(read({ flags: ['--washed=true', '--label=x'] }).washed, true)
  throws(() => read({ environment: { POMONA_WASHED: 'yes' } }), /washed/)
})

const refusals: readonly { name: string; sources: Partial<SettingsSources>; want: RegExp }[] = [
  {
    name: 'an unknown flag',
    sources: { flags: ['--aples-max=1'] },
    want: /did you mean apples_max/,
  },
  {
    name: 'a near miss in the environment',
    sources: { environment: { POMONA_LABLE: 'x' } },
    want: /POMONA_LABLE: unknown/,
  },
  {
    name: 'an unknown key of the file',
    sources: { flags: ['--config=f'], readFile: () => '{"pears":1}' },
    want: /pears: unknown/,
  },
  { name: 'a value out of bounds', sources: { flags: ['--apples-max=0'] }, want: /apples_max/ },
  {
    name: 'what does not go together',
    sources: { flags: ['--washed=true'] },
    want: /needs a label/,
  },
]
for (const { name, sources, want } of refusals) {
  test(`settings: refuses ${name}`, () => {
    throws(
      () => read(sources),
      (error) => {
        return (
          error instanceof SettingsError &&
          error.code === 'ERR_CONFIG_INVALID' &&
          want.test(error.message)
        )
      },
    )
  })
}

test('settings: a file that cannot be read has a code of its own', () => {
  for (const text of ['{', '[]']) {
    throws(
      () => read({ flags: ['--config=f'], readFile: () => text }),
      (error) => error instanceof SettingsError && error.code === 'ERR_CONFIG_UNREADABLE',
    )
  }
})

test('settings: every key has its kind, default and meaning for help and pages', () => {
  const { apples_max: apples } = settingsProperties(Basket)
  deepEqual(apples, {
    type: 'integer',
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 10,
    description: 'Apples.',
  })
})
