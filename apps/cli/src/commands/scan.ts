import { type Command, EXIT } from '../command-line.ts'
import { CliError, wrongUse } from '../errors.ts'
import { codesignLines, scanLines } from '../scan/text.ts'
import { type Scanned, scanFile } from '../scan/scan-file.ts'
import { walkFiles } from '../scan/walk.ts'

const BYTES_MAX = 2_147_483_647

/** What was scanned, for the last line. */
interface ScanCounts {
  files: number
  members: number
  unreadable: number
  mach_o: number
  images: number
  signed: number
  invalid: number
}

function count(counts: ScanCounts, { member, report }: Scanned): void {
  if (member === undefined) counts.files += 1
  else counts.members += 1
  if (report.images.length > 0) counts.mach_o += 1
  for (const { signature } of report.images) {
    counts.images += 1
    if (signature?.kind === 'signed') counts.signed += 1
    const isClaimed = signature !== undefined && signature.kind !== 'unsigned'
    if (isClaimed && !signature.valid) counts.invalid += 1
  }
}

/** `codesign` has lines of its own for people; in JSON they would say everything twice. */
function jsonReport({ report, ...place }: Scanned): object {
  const images = report.images.map((facts) => {
    const { codesign: _, ...rest } = facts
    return rest
  })
  return { kind: 'file', ...place, ...report, images }
}

/** `pomona scan`: what files are, and who signed them. */
export const scanCommand: Command = {
  name: 'scan',
  summary: 'Say what files are: Mach-O images, signatures, what containers hold.',
  operands: 'PATH…',
  options: {
    json: { type: 'boolean', description: 'One report a file or member, then a summary.' },
    codesign: { type: 'boolean', description: 'Signatures as `codesign -dvvv` lays them out.' },
    'no-members': { type: 'boolean', description: 'Leave containers closed.' },
    similarity: { type: 'boolean', description: 'ssdeep and TLSH of each file; slow.' },
    'bytes-max': { type: 'string', value: 'N', description: 'Larger files are not read.' },
  },
  notes: [
    'Folders are searched; links are not followed. Signatures are verified without a Mac: “valid” is what the bytes prove, “predicted” what Gatekeeper would go by. Revocation and notarization without a stapled ticket are only known online. Files are read in this process.',
    'Exit code 1 when a file could not be read.',
  ],
  async run(input, { output, say, clock, signal }) {
    if (input.operands.length === 0) throw wrongUse('Name at least one file or folder.')
    const asJson = input.flag('json')
    const bytesMax = input.number('bytes-max', { min: 1, max: BYTES_MAX, whole: true }) ?? BYTES_MAX
    const options = {
      nowMs: Number(clock.nowNs() / 1_000_000n),
      bytesMax,
      openContainers: !input.flag('no-members'),
      similarity: input.flag('similarity'),
    }
    const counts: ScanCounts = {
      files: 0,
      members: 0,
      unreadable: 0,
      mach_o: 0,
      images: 0,
      signed: 0,
      invalid: 0,
    }
    for (const path of walkFiles(input.operands)) {
      if (signal.aborted) break
      try {
        for (const scanned of scanFile(path, options)) {
          count(counts, scanned)
          if (asJson) output.json(jsonReport(scanned))
          else for (const line of scanLines(scanned)) output.line(line)
          if (input.flag('codesign')) {
            for (const line of codesignLines(scanned)) output.line(line)
          }
        }
      } catch (error) {
        if (!(error instanceof CliError)) throw error
        counts.unreadable += 1
        say(error.message)
      }
      await output.drain()
    }
    if (asJson) output.json({ kind: 'summary', ...counts })
    const { files, members, unreadable, images, signed, invalid } = counts
    const inner = members === 0 ? '' : `, ${members} members`
    const failed = unreadable === 0 ? '' : `, ${unreadable} not read`
    say(`${files} files${inner}${failed}: ${images} images, ${signed} signed, ${invalid} invalid`)
    return unreadable > 0 ? EXIT.failed : EXIT.done
  },
}
