/**
 * Runs the benchmarks: `npm run bench [-- NAME …] [--write]`. `--write` puts the tables of what ran
 * into docs/benchmarks.md and leaves the others there as they are.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { circumstances, type Report } from '../bench/measurement.ts'

const ROOT = join(import.meta.dirname, '..')
const PAGE = join(ROOT, 'docs/benchmarks.md')

interface Benchmark {
  readonly bench: () => Promise<Report>
}

function section(name: string, { title, notes, columns, rows }: Report): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const ruler = `|${columns.map(() => '---').join('|')}|`
  const table = [line(columns), ruler, ...rows.map(line)].join('\n')
  const day = new Date().toISOString().slice(0, 10)
  const source = `\`npm run bench -- ${name}\` on ${circumstances()}, ${day}.`
  return `## ${title}\n\n${source}\n\n${notes.join('\n\n')}\n\n${table}\n`
}

const HEAD = `# Benchmarks

Written by \`npm run bench -- --write\`; measured, not typed in. Each table says with which command, machine and commit.
Figures of one machine do not carry over to another, and neither do those of a synthetic corpus to a real one.
Where the load average is above 1, others were at work on the machine, at the lowest priority: absolute figures are then
too low, and ratios are of both sides under the same load.
`

/** The page with these sections in place of those of the same title; new ones at its end. */
function pageWith(sections: readonly string[]): string {
  const [, ...kept] = existsSync(PAGE) ? readFileSync(PAGE, 'utf8').split(/^(?=## )/m) : []
  const all = new Map(kept.map((text) => [titleOf(text), text.trimEnd()]))
  for (const text of sections) all.set(titleOf(text), text.trimEnd())
  return `${[HEAD.trimEnd(), ...all.values()].join('\n\n')}\n`
}

function titleOf(text: string): string {
  return text.slice(0, text.indexOf('\n'))
}

const args = process.argv.slice(2)
const wanted = args.filter((arg) => !arg.startsWith('--'))
const write = args.includes('--write')
const files = globSync('bench/*.bench.ts', { cwd: ROOT }).toSorted()
const chosen = files.filter(
  (file) => wanted.length === 0 || wanted.includes(basename(file, '.bench.ts')),
)
if (chosen.length === 0) {
  const names = files.map((file) => basename(file, '.bench.ts')).join(', ')
  process.stderr.write(`There are: ${names}.\n`)
  process.exit(2)
}
process.stdout.write(`${circumstances()}\n\n`)
const sections: string[] = []
for (const file of chosen) {
  // Every file that matches the pattern exports a bench; one that does not fails here.
  const { bench } = (await import(join(ROOT, file))) as Benchmark
  const text = section(basename(file, '.bench.ts'), await bench())
  process.stdout.write(`${text}\n`)
  sections.push(text)
}
if (write) writeFileSync(PAGE, pageWith(sections))
