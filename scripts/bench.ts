/**
 * Runs the benchmarks: `npm run bench [-- NAME …] [--write]`. `--write` puts the tables of a whole
 * run into docs/reference/benchmarks.md.
 */
import { globSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { circumstances, type Report } from '../bench/measurement.ts'

const ROOT = join(import.meta.dirname, '..')
const PAGE = join(ROOT, 'docs/reference/benchmarks.md')

interface Benchmark {
  readonly bench: () => Promise<Report>
}

function table({ title, notes, columns, rows }: Report): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const ruler = `|${columns.map(() => '---').join('|')}|`
  return `## ${title}\n\n${notes.join('\n\n')}\n\n${[line(columns), ruler, ...rows.map(line)].join('\n')}\n`
}

function page(sections: readonly string[]): string {
  return `# Benchmarks

Written by \`npm run bench -- --write\`; measured, not typed in. Figures of one machine do not carry over to
another, and neither do those of a synthetic corpus to a real one.

Machine: ${circumstances()}, ${new Date().toISOString().slice(0, 10)}.

${sections.join('\n')}`
}

const args = process.argv.slice(2)
const wanted = args.filter((arg) => !arg.startsWith('--'))
const write = args.includes('--write')
const files = globSync('bench/*.bench.ts', { cwd: ROOT }).toSorted()
const chosen = files.filter(
  (file) => wanted.length === 0 || wanted.includes(basename(file, '.bench.ts')),
)
if (chosen.length === 0 || (write && wanted.length > 0)) {
  const names = files.map((file) => basename(file, '.bench.ts')).join(', ')
  process.stderr.write(`There are: ${names}. --write needs all of them.\n`)
  process.exit(2)
}
process.stdout.write(`${circumstances()}\n\n`)
const sections: string[] = []
for (const file of chosen) {
  // Every file that matches the pattern exports a bench; one that does not fails here.
  const { bench } = (await import(join(ROOT, file))) as Benchmark
  const section = table(await bench())
  process.stdout.write(`${section}\n`)
  sections.push(section)
}
if (write) writeFileSync(PAGE, page(sections))
