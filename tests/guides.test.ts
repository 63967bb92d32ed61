/** What the documents tell people to type is what the program takes. */
import { deepEqual, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadRules, parseFieldMapping } from '@pomona/rules'
import { findCommand, readInput } from '../apps/cli/src/command-line.ts'
import { COMMANDS } from '../apps/cli/src/commands/index.ts'
import { paths, ROOT } from './source-tree.ts'

const DOCUMENTS = [
  'README*.md',
  'CONTRIBUTING.md',
  'docs/*.md',
  'docs/guides/*.md',
  'content/*/*.md',
]

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** Texts of the fenced blocks of a document. */
function blocks(text: string, language = '\\w*'): readonly string[] {
  const fence = text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))
  return [...fence].map(([, block]) => block ?? '')
}

/** Words of each `npx pomona …` in the blocks, up to a comment, a pipe or a redirection. */
function commands(text: string): readonly (readonly string[])[] {
  const lines = blocks(text).flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
  return lines.flatMap((line) => {
    const typed = /^(?:\$ )?npx pomona ([^|>#]+)/.exec(line)?.[1]
    return typed === undefined ? [] : [typed.trim().split(/\s+/)]
  })
}

for (const path of paths(DOCUMENTS)) {
  test(`guides: ${path} types commands and options that exist`, async () => {
    for (const words of commands(read(path))) {
      const found = findCommand(COMMANDS, words)
      ok(found !== undefined, words.join(' '))
      await readInput(found.command, found.rest)
    }
  })
  test(`guides: ${path} runs npm scripts that exist`, () => {
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts)
    const named = [
      ...read(path).matchAll(/\bnpm (?:run )?(test:\w+|demo|start|check|fix|bench)\b/g),
    ]
    deepEqual(
      named.map(([, name]) => name ?? '').filter((name) => !scripts.includes(name)),
      [],
    )
  })
}

test('guides: the rules one learns to write are loaded, together and without a warning', () => {
  const mapping = parseFieldMapping(read('content/mappings/sigma-macos.yml'))
  const texts = blocks(read('docs/guides/write-a-rule.md'), 'yaml')
  const sources = texts.map((text, index) => ({ path: `${index}.yml`, text }))
  const { outcomes, counts } = loadRules(sources, { mapping })
  deepEqual(
    outcomes.flatMap(({ problems }) => problems),
    [],
  )
  deepEqual(counts, { loaded: outcomes.length - 1, dead: 0, unsupported: 0, failed: 0, applied: 1 })
})
