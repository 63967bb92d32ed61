import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MuteList } from '@pomona/schema'
import { runJson } from '../in-process.ts'
import { pomona, temporaryFolder } from '../pomona.ts'

type Line = Readonly<Record<string, unknown>>
const isKind =
  (kind: string) =>
  (line: unknown): line is Line =>
    typeof line === 'object' && line !== null && Reflect.get(line, 'kind') === kind

test('mute plan: everything of a recording is accounted for, and what is proposed is a policy', async (context) => {
  const path = join(temporaryFolder(context), 'recording.jsonl')
  equal((await pomona(['sim', '--benign', '4000', '--seed', 'mute', '--out', path])).code, 0)
  const { code, results } = await runJson(['mute', 'plan', path])
  equal(code, 0)
  const summary = results.find(isKind('summary'))
  const types = results.filter(isKind('type'))
  const sum = (key: string): number => types.reduce((total, line) => total + Number(line[key]), 0)
  equal(Number(summary?.['events']) + Number(summary?.['filtered']), 4_000)
  equal(sum('events'), summary?.['events'])
  equal(sum('bytes'), summary?.['bytes'])
  const mutes = results.filter(isKind('mute'))
  ok(mutes.length > 0)
  MuteList.parse(mutes.map(({ mute }) => mute))
})

test('mute plan: a mute of one’s own is judged by what it leaves out and by the rules named', async (context) => {
  const folder = temporaryFolder(context)
  const path = join(folder, 'recording.jsonl')
  const scenario = ['sim', '--scenario', 'applescript-infostealer', '--out', path]
  equal((await pomona(scenario)).code, 0)
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const unlinks = lines.filter((line) => line.includes('"event":{"unlink"')).length
  const own = { reason: 'deletions', types: ['unlink'] }
  writeFileSync(join(folder, 'mutes.json'), JSON.stringify({ mutes: [own] }))
  const { results } = await runJson(['mute', 'plan', path, '--mute', join(folder, 'mutes.json')])
  const mute = results.find(isKind('mute'))
  deepEqual([mute?.['mute'], mute?.['events']], [own, unlinks])
  ok(unlinks > 0)
  match(JSON.stringify(mute?.['blinded']), /\w/, 'rules on deletions only')
  const told = await pomona(['mute', 'plan', path, '--mute', join(folder, 'mutes.json')])
  match(told.stdout, /every program in everywhere[\s\S]* blinds +\w/)
})

test('mute plan: a list that is none, and a file that is no recording, are told', async (context) => {
  const folder = temporaryFolder(context)
  const [path, mutes] = [join(folder, 'empty.jsonl'), join(folder, 'mutes.json')]
  writeFileSync(path, '')
  const none = await runJson(['mute', 'plan', path])
  equal(none.code, 1)
  match(none.said, /holds no eslogger record/)
  for (const text of ['{', '[{"reason":"x","types":[]}]', '{"mutes":[{"reason":"X"}]}']) {
    writeFileSync(mutes, text)
    const { code, said } = await runJson(['mute', 'plan', path, '--mute', mutes])
    equal(code, 1)
    match(said, /mutes\.json is no/)
  }
})
