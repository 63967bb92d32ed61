import type { Budget } from '../bytes/budget.ts'
import type { ByteView } from '../bytes/view.ts'
import { attempt, type Problem } from '../errors.ts'
import { commandDecoder, type CommandDraft } from './command-decoders.ts'
import type { OpenedImage } from './header.ts'
import type { LoadCommand, LoadCommands } from './model.ts'
import { commandName } from './names.ts'
import { offsetOf } from './segments.ts'

/** cmd and cmdsize. */
const COMMAND_SIZE_MIN = 8

interface Walk {
  readonly image: OpenedImage
  readonly commands: LoadCommand[]
  readonly problems: Problem[]
}

/** Where the commands end: at what the header says, or at the end of the file. */
function commandsEnd({ header, view, commandsOffset }: OpenedImage): number {
  return Math.min(commandsOffset + header.commandBytes, view.length)
}

/** Lists the commands by their sizes, as far as those can be followed. */
function walkCommands({ image, commands, problems }: Walk, budget: Budget): void {
  const { header, view, commandsOffset } = image
  const end = commandsEnd(image)
  const stop = (message: string) =>
    problems.push({ code: 'ERR_ANALYSIS_MALFORMED', part: 'load commands', message })
  let offset = commandsOffset
  for (let index = 0; index < header.commandCount; index++) {
    if (offset + COMMAND_SIZE_MIN > end) {
      stop(`${header.commandCount} commands are announced; there is room for ${index}.`)
      return
    }
    const command = view.u32(offset)
    const size = view.u32(offset + 4)
    if (size < COMMAND_SIZE_MIN || offset + size > end) {
      stop(`Command ${index} has the size ${size}; nothing after it can be read.`)
      return
    }
    budget.spendItems()
    commands.push({ name: commandName(command), command, offset, size })
    offset += size
  }
  const unused = commandsOffset + header.commandBytes - offset
  if (unused > 0) stop(`${unused} bytes lie behind the last command.`)
}

function emptyDraft(): CommandDraft {
  return {
    segments: [],
    dylibs: [],
    rpaths: [],
    environment: [],
    builds: [],
    tables: {},
    linkerOptions: [],
    subFrameworks: [],
    notes: [],
    filesetEntries: [],
  }
}

/**
 * Reads the load commands of an image. A command that cannot be read is a problem; those after it
 * are read all the same.
 *
 * @throws AnalysisError ERR_ANALYSIS_LIMIT when there are more than the budget allows.
 */
export function readLoadCommands(image: OpenedImage, budget: Budget): LoadCommands {
  const walk: Walk = { image, commands: [], problems: [] }
  walkCommands(walk, budget)
  const draft = emptyDraft()
  const { bits, cpuType } = image.header
  for (const [index, { name, command, offset, size }] of walk.commands.entries()) {
    const decode = commandDecoder(command)
    if (decode === undefined) continue
    const view: ByteView = image.view.slice(offset, size)
    const read = attempt(`load command ${index} ${name}`, () =>
      decode({ view, bits, cpuType, name, draft, budget }),
    )
    if (!read.ok) walk.problems.push(read.problem)
  }
  const address = draft.entry?.address
  const entryOffset = address === undefined ? undefined : offsetOf(draft.segments, address)
  if (draft.entry !== undefined && entryOffset !== undefined) {
    draft.entry = { ...draft.entry, offset: entryOffset }
  }
  return { ...draft, commands: walk.commands, problems: walk.problems }
}
