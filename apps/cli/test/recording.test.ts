import { deepEqual, equal, notEqual, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { recordings } from '../src/recording.ts'

const names = (paths: string[], hosts: string[]) =>
  recordings({ paths, hosts }).map(({ context }) => context.host.name)

test('recordings: all files are of one Mac unless said otherwise', () => {
  deepEqual(names(['a.jsonl', 'b.jsonl'], []), ['recorded-mac', 'recorded-mac'])
  deepEqual(names(['a.jsonl', 'b.jsonl'], ['mac-1']), ['mac-1', 'mac-1'])
})

test('recordings: a name for each file', () => {
  deepEqual(names(['a.jsonl', 'b.jsonl'], ['mac-1', 'mac-2']), ['mac-1', 'mac-2'])
})

test('recordings: files and names must pair up', () => {
  throws(() => recordings({ paths: ['a', 'b', 'c'], hosts: ['x', 'y'] }), { code: 'ERR_CLI_USAGE' })
  throws(() => recordings({ paths: [], hosts: [] }), { code: 'ERR_CLI_USAGE' })
})

test('recordings: the folder does not change the ids', () => {
  const [one] = recordings({ paths: ['/tmp/a.jsonl'], hosts: ['mac'] })
  const [other] = recordings({ paths: ['b/../a.jsonl'], hosts: ['mac'] })
  deepEqual(one?.context, other?.context)
})

test('recordings: files of equal name are different boots', () => {
  const [one, other] = recordings({ paths: ['x/a.jsonl', 'y/a.jsonl'], hosts: [] })
  notEqual(one?.context.bootId, other?.context.bootId)
  equal(one?.context.host.id, other?.context.host.id)
})
