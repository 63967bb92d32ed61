import { equal, match, notEqual, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pomona, temporaryFolder } from '../pomona.ts'

test('sim: the same seed gives the same bytes, another one others', async (context) => {
  const folder = temporaryFolder(context)
  const written = async (name: string, seed: string) => {
    const path = join(folder, name)
    equal((await pomona(['sim', '--benign', '500', '--seed', seed, '--out', path])).code, 0)
    return readFileSync(path, 'utf8')
  }
  const one = await written('a', 'x')
  equal(one.trimEnd().split('\n').length, 500)
  equal(await written('b', 'x'), one)
  notEqual(await written('c', 'y'), one)
})

test('sim: without --out the stream is on stdout and nothing else is', async () => {
  const ended = await pomona(['sim', '--benign', '5'])
  equal(ended.stdout.trimEnd().split('\n').length, 5)
  match(ended.stderr, /5 events/)
})

test('sim: several scenarios play on one Mac', async () => {
  const both = ['applescript-infostealer', 'ssh-sudo-remote-access']
  const one = await pomona(['sim', '--scenario', both[0] ?? ''])
  const two = await pomona(['sim', '--scenario', ...both])
  equal(two.code, 0, two.stderr)
  ok(two.stdout.length > one.stdout.length)
})

test('sim: host, macOS release and start are what was asked for', async () => {
  const ended = await pomona([
    'sim',
    '--benign',
    '3',
    '--os',
    '15',
    '--start',
    '2027-01-02T03:04:05Z',
  ])
  for (const line of ended.stdout.trimEnd().split('\n')) {
    match(line, /"time":"2027-01-02T03:/)
    match(line, /"version":8[,}]/)
  }
})

test('sim: lists what it can play', async () => {
  const ended = await pomona(['sim', '--list'])
  match(ended.stdout, /^attack\tapplescript-infostealer\t/m)
  match(ended.stdout, /^benign\tdeveloper\t/m)
})
