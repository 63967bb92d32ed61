/** The Mach-O samples beside the checkout. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../../../../../shared/data/artifacts/macho')

/** A sample; `expected` is what YARA-X prints of it. */
export interface Sample {
  readonly name: string
  readonly bytes: Buffer
  readonly expected?: string
}

/** Intel HEX, as YARA-X keeps its samples, in a ZIP: data records only need their address. */
function fromIntelHex(text: string): Buffer {
  const parts: Buffer[] = []
  for (const line of text.split(/\r?\n/)) {
    const record = Buffer.from(line.slice(1), 'hex')
    if (line.startsWith(':') && record[3] === 0)
      parts.push(record.subarray(4, 4 + (record[0] ?? 0)))
  }
  return Buffer.concat(parts)
}

/** Samples with YARA-X's answers. */
export function yaraSamples(): readonly Sample[] {
  const folder = join(FOLDER, 'yara-x')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.in.zip'))
    .map((file) => {
      const name = basename(file, '.in.zip')
      const hex = execFileSync('unzip', ['-p', join(folder, file)], { encoding: 'utf8' })
      const expected = readFileSync(join(folder, `${name}.out`), 'utf8')
      return { name, bytes: fromIntelHex(hex), expected }
    })
}

/** Samples of Go's debug/macho. */
export function goSamples(): readonly Sample[] {
  const folder = join(FOLDER, 'go-macho')
  if (!existsSync(folder)) return []
  return readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }))
}
