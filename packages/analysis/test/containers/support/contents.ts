import { unpack, type Unpacked, type UnpackOptions } from '../../../src/containers/unpack.ts'

/** What was unpacked, with the contents by their joined paths. */
export interface Contents extends Unpacked {
  readonly files: ReadonlyMap<string, string>
  /** Findings as `code path`. */
  readonly found: readonly string[]
}

/** Takes bytes apart and keeps all contents as Latin-1 text. */
export function contentsOf(
  bytes: Uint8Array,
  name: string,
  limits: UnpackOptions['limits'] = {},
): Contents {
  const files = new Map<string, string>()
  const unpacked = unpack(bytes, {
    name,
    limits,
    visit: ({ path }, content) =>
      files.set(path.join('!'), Buffer.from(content).toString('latin1')),
  })
  const found = unpacked.findings.map(({ code, path }) => [code, ...path].join(' '))
  return { ...unpacked, files, found }
}
