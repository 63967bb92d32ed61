import { parseArgs } from 'node:util'
import { nearestName } from '@pomona/rules'
import { z } from 'zod'
import { SettingsError } from './errors.ts'

const PREFIX = 'POMONA_'
const FILE_KEY = 'config'

/** Where settings come from. */
export interface SettingsSources {
  /** Command line without program and command: `--listen-port 9000`. */
  readonly flags: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Reads the file named by `--config` or `POMONA_CONFIG`. */
  readonly readFile: (path: string) => string
}

/** What may be set, and what is wrong with values that are right one by one. */
export interface Settings<Shape extends z.core.$ZodLooseShape> {
  readonly schema: z.ZodObject<Shape, z.core.$strict>
  readonly contradictions?: (
    values: z.infer<z.ZodObject<Shape, z.core.$strict>>,
  ) => readonly string[]
}

/** The keys of a schema as JSON Schema has them: kind, limits, default and meaning of each. */
export function settingsProperties(
  schema: z.ZodObject,
): NonNullable<z.core.JSONSchema.BaseSchema['properties']> {
  return z.toJSONSchema(schema, { io: 'input' }).properties ?? {}
}

/**
 * Puts settings together: flags go over environment, environment over file, file over default.
 *
 * @throws SettingsError ERR_CONFIG_INVALID with every problem at once; ERR_CONFIG_UNREADABLE.
 */
export function readSettings<Shape extends z.core.$ZodLooseShape>(
  { schema, contradictions }: Settings<Shape>,
  sources: SettingsSources,
): z.infer<z.ZodObject<Shape, z.core.$strict>> {
  const reading = new Reading(schema)
  const values = reading.merge(sources)
  const { problems } = reading
  const parsed = schema.safeParse(values)
  if (parsed.success) problems.push(...(contradictions?.(parsed.data) ?? []))
  else {
    for (const { path, message } of parsed.error.issues) {
      problems.push(`${path.join('.')}: ${message}`)
    }
  }
  if (!parsed.success || problems.length > 0) {
    throw new SettingsError('ERR_CONFIG_INVALID', problems.join('\n'), {
      details: { problems: problems.length },
    })
  }
  return parsed.data
}

type Values = Readonly<Record<string, unknown>>
/** Flags and environment: text, or the number or yes and no it stands for. */
type Given = Readonly<Record<string, string | number | boolean>>

/** One reading of one schema's settings. */
class Reading {
  readonly problems: string[] = []
  readonly #keys: readonly string[]
  readonly #properties: ReturnType<typeof settingsProperties>

  constructor(schema: z.ZodObject) {
    this.#keys = Object.keys(schema.shape)
    this.#properties = settingsProperties(schema)
  }

  /** What the sources say of known keys. */
  merge({ flags, environment, readFile }: SettingsSources): Values {
    const fromFlags = this.#flagValues(flags)
    const fromEnvironment = this.#environmentValues(environment)
    const path = fromFlags[FILE_KEY] ?? fromEnvironment[FILE_KEY]
    const file = path === undefined ? {} : fileValues(`${path}`, readFile)
    for (const key of Object.keys(file)) this.#demandKnown(key, key)
    const merged = { ...file, ...fromEnvironment, ...fromFlags }
    return Object.fromEntries(Object.entries(merged).filter(([key]) => this.#keys.includes(key)))
  }

  #isKnown(key: string): boolean {
    return key === FILE_KEY || this.#keys.includes(key)
  }

  #demandKnown(key: string, written: string): boolean {
    if (this.#isKnown(key)) return true
    const nearest = nearestName(key, this.#keys)
    const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
    this.problems.push(`${written}: unknown${hint}`)
    return false
  }

  #flagValues(flags: readonly string[]): Given {
    const values: Record<string, string | number | boolean> = {}
    const options = Object.fromEntries(
      [FILE_KEY, ...this.#keys].map((key) => [
        key.replaceAll('_', '-'),
        { type: 'string' } as const,
      ]),
    )
    const { tokens } = parseArgs({ args: [...flags], strict: false, tokens: true, options })
    for (const token of tokens) {
      if (token.kind === 'positional') this.problems.push(`${token.value}: not a flag`)
      if (token.kind !== 'option') continue
      const key = token.name.replaceAll('-', '_')
      if (!this.#demandKnown(key, token.rawName)) continue
      if (token.value === undefined) this.problems.push(`${token.rawName}: needs a value`)
      else values[key] = this.#valueOf(key, token.value)
    }
    return values
  }

  #environmentValues(environment: SettingsSources['environment']): Given {
    const values: Record<string, string | number | boolean> = {}
    for (const [name, text] of Object.entries(environment)) {
      if (!name.startsWith(PREFIX) || text === undefined) continue
      const key = name.slice(PREFIX.length).toLowerCase()
      // What resembles no key of ours belongs to something else; a near miss is a typing error.
      if (!this.#isKnown(key) && nearestName(key, this.#keys) === undefined) continue
      if (this.#demandKnown(key, name)) values[key] = this.#valueOf(key, text)
    }
    return values
  }

  /** Flags and environment are text; it becomes what the schema wants where it can. */
  #valueOf(key: string, text: string): string | number | boolean {
    const property = this.#properties[key]
    const type = typeof property === 'object' ? property.type : undefined
    if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
    if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
    return text
  }
}

function fileValues(path: string, readFile: SettingsSources['readFile']): Values {
  let value: unknown
  try {
    value = JSON.parse(readFile(path))
  } catch (error) {
    throw new SettingsError('ERR_CONFIG_UNREADABLE', `${path} is not a readable JSON file.`, {
      cause: error,
      details: { path },
    })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SettingsError('ERR_CONFIG_UNREADABLE', `${path} does not hold a JSON object.`, {
      details: { path },
    })
  }
  return { ...value }
}
