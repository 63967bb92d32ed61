/** SigmaHQ's regression data, through the code of `pomona rules eval`: events as they are. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { readEventSet } from '@pomona/detect/testing'
import { runJson } from '../in-process.ts'
import { temporaryFolder, written } from '../pomona.ts'

const REGRESSION = join(
  import.meta.dirname,
  '../../../../../shared/data/detection/sigma/regression',
)
const skip = existsSync(REGRESSION)
  ? false
  : 'SigmaHQ data is not at ../shared/data/detection/sigma/regression'

// Two event sets hold more events the rule names than their info.yml counts: three artefacts of
// AnyDesk (user.conf), three dropped executables (procdump.exe, procdump64.exe, procdump64a.exe).
const STATED_TOO_LOW: ReadonlyMap<string, number> = new Map([
  ['0b9ad457-2554-44c1-82c2-d56a99c42377', 3],
  ['8fbf3271-1ef6-4e94-8210-03c2317947f6', 3],
])

/** Rule files of the data by the id of the rule. */
function rulePaths(): ReadonlyMap<string, string> {
  const paths = globSync(join(REGRESSION, 'rules*/**/*.yml'))
  return new Map(
    paths.map((path) => [/^id: (\S+)/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '', path]),
  )
}

test('rules eval: every SigmaHQ case matches as often as it says', { skip }, async (context) => {
  const folder = temporaryFolder(context)
  const rules = rulePaths()
  let sets = 0
  for (const path of globSync(join(REGRESSION, 'regression_data/**/info.yml')).toSorted()) {
    const info = readFileSync(path, 'utf8')
    const id = /rule_metadata:\s*\n\s+- id: (\S+)/.exec(info)?.[1] ?? ''
    const stated = /^\s+match_count: (\d+)/m.exec(info)?.[1]
    for (const file of globSync(join(dirname(path), '*'))) {
      if (basename(file) === 'info.yml') continue
      const events = readEventSet({ path: file, text: readFileSync(file, 'utf8') })
      const content = events.map((event) => JSON.stringify(event)).join('\n')
      const lines = written(folder, { name: 'events.jsonl', content })
      const ran = await runJson([
        ...['rules', 'eval', '--rules', rules.get(id) ?? `no rule ${id}`],
        ...['--events', lines, '--fields', 'raw'],
      ])
      equal(ran.code, 0, `${file}: ${ran.said}`)
      const ids = ran.results.slice(0, -1).map((one) => {
        // A line of the command is an object.
        return (one as { rule_id: unknown }).rule_id
      })
      deepEqual([...new Set(ids)], [id], file)
      const wanted = STATED_TOO_LOW.get(id) ?? Number(stated ?? 0)
      ok(stated === undefined ? ids.length >= 1 : ids.length === wanted, `${file}: ${ids.length}`)
      sets += 1
    }
  }
  equal(sets, 122)
})
