import { deepEqual } from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { readRuleFolders, type RuleFolderLimits } from '../../src/index.ts'
import { freshFolder } from '../folder.ts'

interface Case {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  readonly links?: Readonly<Record<string, string>>
  readonly limits?: RuleFolderLimits
  readonly rules: readonly object[]
  readonly problems?: readonly string[]
}

const cases: readonly Case[] = [
  { name: 'an empty folder has no rules', files: {}, rules: [] },
  {
    name: 'a rule folder comes with its tests',
    files: {
      'b/rule.yml': 'B',
      'b/match.jsonl': 'yes',
      'b/no-match.jsonl': 'no',
      'a/rule.yml': 'A',
    },
    rules: [
      { path: 'a/rule.yml', text: 'A', beside: ['rule.yml'] },
      {
        path: 'b/rule.yml',
        text: 'B',
        beside: ['match.jsonl', 'no-match.jsonl', 'rule.yml'],
        match: 'yes',
        noMatch: 'no',
      },
    ],
  },
  {
    name: 'a plain tree is read, other files are not',
    files: { 'x/y/one.yml': '1', 'two.yaml': '2', 'README.md': 'no', 'x/match.jsonl': 'no' },
    rules: [
      { path: 'two.yaml', text: '2' },
      { path: 'x/y/one.yml', text: '1' },
    ],
  },
  {
    name: 'links are reported, not followed',
    files: { 'a.yml': 'a' },
    links: { 'b.yml': '/etc/hostname', rules: '/etc' },
    rules: [{ path: 'a.yml', text: 'a' }],
    problems: ['b.yml not_a_file'],
  },
  {
    name: 'a file of exactly the limit is read, one more byte is not',
    files: { 'a.yml': '1234', 'b.yml': '12345' },
    limits: { fileBytesMax: 4 },
    rules: [{ path: 'a.yml', text: '1234' }],
    problems: ['b.yml too_large'],
  },
  {
    name: 'files beyond the limit are reported once',
    files: { 'a.yml': 'a', 'b.yml': 'b', 'c.yml': 'c', 'd.yml': 'd' },
    limits: { filesMax: 4 },
    rules: ['a', 'b', 'c', 'd'].map((text) => ({ path: `${text}.yml`, text })),
  },
  {
    name: 'folders beyond the depth are reported',
    files: { 'a/b/c.yml': 'c', 'a/d.yml': 'd' },
    limits: { depthMax: 1 },
    rules: [{ path: 'a/d.yml', text: 'd' }],
    problems: ['a/b too_deep'],
  },
]

for (const { name, files, links = {}, limits, rules, problems = [] } of cases) {
  test(`rule folders: ${name}`, async (context) => {
    const directory = freshFolder(context)
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true })
      writeFileSync(join(directory, path), text)
    }
    for (const [path, target] of Object.entries(links)) symlinkSync(target, join(directory, path))
    const read = await readRuleFolders(directory, limits)
    deepEqual(read.rules, rules)
    deepEqual(
      read.problems.map(({ path, reason }) => `${path} ${reason}`),
      problems,
    )
  })
}

test('rule folders: one file too many is one problem', async (context) => {
  const directory = freshFolder(context)
  for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(directory, `${name}.yml`), name)
  const { rules, problems } = await readRuleFolders(directory, { filesMax: 2 })
  deepEqual([rules.length, problems.map(({ reason }) => reason)], [2, ['too_many']])
})

test('rule folders: a missing directory is a problem, not an exception', async (context) => {
  const { rules, problems } = await readRuleFolders(join(freshFolder(context), 'none'))
  deepEqual(rules, [])
  deepEqual(
    problems.map(({ path, reason }) => `${path} ${reason}`),
    ['. unreadable'],
  )
})
