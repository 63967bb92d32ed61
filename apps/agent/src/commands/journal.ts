import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { constants } from 'node:fs'
import { dirname } from 'node:path'
import { CommandStateReport } from '@pomona/schema'
import { z } from 'zod'
import { AgentError } from '../errors.ts'
import { readOwnFile, replaceFile } from '../identity/atomic-file.ts'

/** How a command ended, or that it was refused. */
export type CommandEnd = CommandStateReport

/** A command this agent took on, and how it ended if it did. */
export interface JournalEntry {
  readonly id: string
  readonly counter: number
  readonly end?: CommandEnd
  /** The server knows how it ended. */
  readonly told?: boolean
}

const Line = z.union([
  z.strictObject({ counter: z.int().min(0), not_before: z.string().optional() }),
  z.strictObject({
    id: z.string(),
    counter: z.int().min(1),
    end: CommandStateReport.optional(),
    told: z.boolean().optional(),
  }),
])

/** Ended commands that are remembered; the counter keeps older ones from running again. */
const ENTRIES_MAX = 256
/** Lines after which the file is written anew. */
const LINES_MAX = 2_000
const OWNER_ONLY = 0o600
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants

/**
 * What makes a command run at most once: that it was accepted is on stable storage before it runs,
 * and so is the highest counter ever accepted.
 *
 * One JSON text a line. The first line has the counter; each further one is the state of a command,
 * and the last one of a command holds. A last line that was cut off by a crash never counted. A
 * journal with a damaged line inside has forgotten something: what was issued before it was written
 * anew is not run then, see {@link notBefore}.
 */
export class CommandJournal {
  readonly #path: string
  readonly #linesMax: number
  readonly #entries = new Map<string, JournalEntry>()
  #counter = 0
  #notBefore: string | undefined
  #file: FileHandle | undefined
  #lines = 0

  private constructor(path: string, linesMax: number) {
    this.#path = path
    this.#linesMax = linesMax
  }

  /**
   * Opens the journal, or begins one.
   *
   * @param now RFC 3339; commands issued before it are not run if the journal is damaged.
   */
  static async open(
    path: string,
    { now, linesMax = LINES_MAX }: { readonly now: string; readonly linesMax?: number },
  ): Promise<CommandJournal> {
    const journal = new CommandJournal(path, linesMax)
    journal.#read((await readOwnFile(path)) ?? '', now)
    await journal.#rewrite()
    return journal
  }

  /** The highest counter of a command that was accepted or had expired. */
  get counter(): number {
    return this.#counter
  }

  /** Commands issued before this are not run, because the journal may have forgotten them. */
  get notBefore(): string | undefined {
    return this.#notBefore
  }

  entry(id: string): JournalEntry | undefined {
    return this.#entries.get(id)
  }

  /** Commands that were accepted, in order; those without an end were running when we ended. */
  entries(): readonly JournalEntry[] {
    return [...this.#entries.values()]
  }

  /** Resolves when it is on stable storage that this command was taken on. */
  async accept(command: { readonly id: string; readonly counter: number }): Promise<void> {
    const { id, counter } = command
    await this.#write({ id, counter })
  }

  /** Notes how a command ended. One that was never accepted is noted as such a one, too. */
  async settle(
    command: { readonly id: string; readonly counter: number },
    end: CommandEnd,
  ): Promise<void> {
    const { id, counter } = command
    await this.#write({ id, counter, end })
  }

  /** The server knows how a command ended. */
  async markTold(id: string): Promise<void> {
    const entry = this.#entries.get(id)
    if (entry !== undefined) await this.#write({ ...entry, told: true })
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  #read(text: string, now: string): void {
    const lines = text.split('\n')
    // Every line ends with a line feed; what stands after the last one was cut off.
    lines.pop()
    for (const line of lines) {
      const parsed = Line.safeParse(parse(line))
      if (!parsed.success) {
        this.#notBefore = now
      } else if ('id' in parsed.data) {
        const { id, counter, end, told } = parsed.data
        this.#note({
          id,
          counter,
          ...(end === undefined ? {} : { end }),
          ...(told === undefined ? {} : { told }),
        })
      } else {
        this.#counter = Math.max(this.#counter, parsed.data.counter)
        const { not_before: notBefore } = parsed.data
        if (notBefore !== undefined && this.#notBefore === undefined) this.#notBefore = notBefore
      }
    }
  }

  #note(entry: JournalEntry): void {
    this.#counter = Math.max(this.#counter, entry.counter)
    this.#entries.delete(entry.id)
    this.#entries.set(entry.id, entry)
    if (this.#entries.size <= ENTRIES_MAX) return
    for (const [id, { told }] of this.#entries) {
      if (told === true) return void this.#entries.delete(id)
    }
  }

  async #write(entry: JournalEntry): Promise<void> {
    if (this.#lines >= this.#linesMax) await this.#rewrite()
    if (this.#file === undefined) {
      throw new AgentError('ERR_JOURNAL_UNREADABLE', 'The journal of commands is closed.')
    }
    await this.#file.appendFile(`${JSON.stringify(entry)}\n`)
    await this.#file.datasync()
    this.#lines += 1
    this.#note(entry)
  }

  async #rewrite(): Promise<void> {
    await this.close()
    const first = {
      counter: this.#counter,
      ...(this.#notBefore === undefined ? {} : { not_before: this.#notBefore }),
    }
    const lines = [first, ...this.#entries.values()].map((line) => `${JSON.stringify(line)}\n`)
    await mkdir(dirname(this.#path), { recursive: true })
    await replaceFile(this.#path, lines.join(''))
    this.#file = await open(this.#path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, OWNER_ONLY)
    this.#lines = lines.length
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined // Damaged; the caller takes it for that.
  }
}
