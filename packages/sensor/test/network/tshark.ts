import { spawnSync } from 'node:child_process'

/** Fields of one frame as tshark prints them; several values of one field are kept apart. */
export type Row = Readonly<Record<string, readonly string[]>>

/** Why tshark cannot be asked here, for the skip; false when it can. */
export function withoutTshark(): string | false {
  const { error, status } = spawnSync('tshark', ['--version'])
  if (error !== undefined) return 'tshark is not installed: nothing to compare with'
  return status === 0 ? false : 'tshark does not run here: nothing to compare with'
}

/** Asks tshark for fields of all frames, or of those that a display filter lets through. */
export function tshark(
  path: string,
  fields: readonly string[],
  options: { readonly filter?: string; readonly asFile?: boolean } = {},
): readonly Row[] {
  const { filter, asFile = false } = options
  const args = ['-r', path, '-n', '-T', 'fields', '-E', 'separator=/t', '-E', 'aggregator=;']
  // Takes the file itself apart, block by block, instead of the packets in it.
  if (asFile) args.push('-X', 'read_format:MIME Files Format')
  if (filter !== undefined) args.push('-Y', filter)
  const { stdout, stderr, status } = spawnSync(
    'tshark',
    [...args, ...fields.flatMap((field) => ['-e', field])],
    { maxBuffer: 64 * 1024 * 1024 },
  )
  if (status !== 0) throw new Error(stderr.toString())
  const lines = stdout.toString().split('\n')
  lines.pop()
  return lines.map((line) => {
    const values = line.split('\t')
    return Object.fromEntries(
      fields.map((field, index) => [field, (values[index] ?? '').split(';').filter(isThere)]),
    )
  })
}

function isThere(value: string): boolean {
  return value !== ''
}

/** The one value of a field. */
export function only(row: Row, field: string): string | undefined {
  return row[field]?.[0]
}

/** The one value of a field as a number; hexadecimal ones too. */
export function numberOf(row: Row, field: string): number | undefined {
  const value = only(row, field)
  return value === undefined ? undefined : Number(value)
}
