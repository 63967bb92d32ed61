import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type RuleTestResult, testRule } from '@pomona/detect'
import { type Command, EXIT } from '../command-line.ts'
import { fieldMapping, readText } from '../content.ts'
import { CliError, wrongUse } from '../errors.ts'
import { printable } from '../printable.ts'

const RULE = 'rule.yml'

/** `pomona rules test`: every rule folder against its own events. */
export const rulesTestCommand: Command = {
  name: 'rules test',
  summary: 'Test rule folders: match.jsonl must fire the rule, no-match.jsonl must not.',
  operands: 'DIR…',
  options: {
    json: { type: 'boolean', description: 'One JSON object a rule, and a summary last.' },
  },
  notes: [
    'A rule folder holds rule.yml, match.jsonl and no-match.jsonl. Exit code 1 when one fails.',
  ],
  async run(input, { output, say }) {
    const folders = await ruleFolders(input.operands)
    const mapping = await fieldMapping()
    let failed = 0
    let cases = 0
    for (const folder of folders) {
      const path = join(folder, RULE)
      const result = testRule(
        {
          path,
          rule: await readText(path),
          match: await optionalText(join(folder, 'match.jsonl')),
          noMatch: await optionalText(join(folder, 'no-match.jsonl')),
        },
        { mapping },
      )
      cases += result.cases.length
      if (!result.ok) failed++
      if (input.flag('json')) output.json(described(folder, result))
      else for (const line of failures(folder, result)) output.line(line)
      await output.drain()
    }
    if (input.flag('json')) {
      output.json({ kind: 'summary', rules: folders.length, cases, failed })
    }
    say(`${folders.length} rules, ${cases} cases, ${failed} rules failed.`)
    return failed === 0 ? EXIT.done : EXIT.failed
  },
}

/** Folders that hold a rule.yml, at and below the paths. */
async function ruleFolders(paths: readonly string[]): Promise<readonly string[]> {
  if (paths.length === 0) throw wrongUse('Name at least one folder of rules.')
  const folders: string[] = []
  for (const path of paths) {
    const found = await rulesBelow(path)
    if (found.length === 0) throw wrongUse(`There is no ${RULE} in or below ${path}.`)
    folders.push(...found)
  }
  return folders
}

async function rulesBelow(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() && entry.name === RULE)
      .map((entry) => entry.parentPath)
      .toSorted()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CliError('ERR_CLI_FILE', `Cannot read the folder ${path}: ${reason}`, { cause })
  }
}

async function optionalText(path: string): Promise<string | undefined> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  )
  return exists ? readText(path) : undefined
}

function described(folder: string, { ok, outcome, cases, problems }: RuleTestResult): object {
  const rule = 'rule' in outcome ? outcome.rule : outcome
  return {
    kind: 'rule',
    rule_id: rule.id,
    rule_name: rule.name,
    folder,
    ok,
    cases: cases.length,
    failures: cases.filter((one) => !one.ok),
    problems: [...problems, ...outcome.problems.map(({ message }) => message)],
  }
}

function failures(folder: string, { ok, outcome, cases, problems }: RuleTestResult): string[] {
  if (ok) return []
  return [
    ...problems.map((problem) => `${folder}: ${problem}`),
    ...outcome.problems.map(({ path, line, message }) => `${path}:${line}: ${message}`),
    ...cases
      .filter((one) => !one.ok)
      .map(({ file, line, reason }) => `${join(folder, file)}:${line}: ${reason ?? 'failed'}`),
  ].map((text) => printable(text, 1_000))
}
