import { assertNever } from '../assert-never.ts'
import { formatTime } from '@pomona/schema'
import { folderOf } from './files.ts'
import type { BodyField } from './body-fields.ts'
import { BODIES } from './bodies.ts'
import { jsonText } from './json.ts'
import type { Mac } from './mac.ts'
import type { SimulatedProcess } from './processes.ts'

/** What a step gives to the writing of one event's body. */
export interface BodyInput {
  readonly type: string
  readonly params: Readonly<Record<string, unknown>>
  /** Who acts; stands in for the fields marked as actor. */
  readonly by: SimulatedProcess | undefined
  /** Id of the user in whose session this happens. */
  readonly uid: number
  /** Looks up a process that a parameter names. @throws SensorError when there is none. */
  readonly process: (name: string) => SimulatedProcess
  /** Reports what is wrong with the step. */
  readonly fail: (message: string) => never
}

/**
 * Writes the JSON text of an event's body from its table, for the message version of the Mac.
 *
 * @throws Whatever `input.fail` throws, for a missing or wrong parameter.
 */
export function bodyText(mac: Mac, input: BodyInput): string {
  const body = BODIES[input.type]
  if (body === undefined) return input.fail(`There is no event type ${input.type}.`)
  return new BodyWriter(mac, { ...input, params: complete(input.type, input.params) }).object(
    body.fields,
  )
}

class BodyWriter {
  readonly #mac: Mac
  readonly #input: BodyInput

  constructor(mac: Mac, input: BodyInput) {
    this.#mac = mac
    this.#input = input
  }

  object(fields: readonly BodyField[]): string {
    let text = ''
    for (const field of fields) {
      if (field.since !== undefined && field.since > this.#mac.version) continue
      const value = this.#field(field)
      if (value === undefined) continue
      text += `${text === '' ? '' : ','}"${field.name}":${value}`
    }
    return `{${text}}`
  }

  #given(name: string): unknown {
    const { params } = this.#input
    return Object.hasOwn(params, name) ? params[name] : undefined
  }

  #field(field: BodyField): string | undefined {
    const given = this.#given(field.name)
    switch (field.kind) {
      case 'plain':
        return this.#plain(field.name, given ?? field.fallback)
      case 'code':
        return String(this.#code(field))
      case 'file':
        if (given === undefined && field.nullable === true) return 'null'
        return this.#mac.files.file(this.#path(field.name, given))
      case 'folder':
        return this.#mac.files.folder(this.#path(field.name, given))
      case 'process':
        return this.#process(field)
      case 'token':
        return this.#token(field.of)
      case 'time':
        return typeof given === 'string' ? jsonText(given) : `"${formatTime(this.#mac.nowNs)}"`
      case 'count':
        return String(this.#length(field.of))
      case 'user_id':
        return String(typeof given === 'number' ? given : this.#input.uid)
      case 'uuid':
        return typeof given === 'string' ? jsonText(given) : `"${this.#uuid()}"`
      case 'group':
        return this.object(field.fields)
      case 'choice':
        return this.#choice(field)
      default:
        return assertNever(field)
    }
  }

  #plain(name: string, value: unknown): string {
    if (value === undefined) return this.#input.fail(`\`${this.#input.type}\` needs \`${name}\`.`)
    return jsonText(value)
  }

  #path(name: string, value: unknown): string {
    if (typeof value === 'string' && value.startsWith('/')) return value
    return this.#input.fail(`\`${name}\` of \`${this.#input.type}\` must be a full path.`)
  }

  #code(field: BodyField & { readonly kind: 'code' }): number {
    const given = this.#given(field.name) ?? field.fallback
    const number = typeof given === 'string' ? field.codes[given] : given
    if (typeof number === 'number') return number
    const names = Object.keys(field.codes).join(', ')
    return this.#input.fail(`\`${field.name}\` is a number or one of ${names}.`)
  }

  #resolve(name: string, actor: boolean): SimulatedProcess | undefined {
    const given = this.#given(name)
    if (given === null) return undefined
    if (typeof given === 'string') return this.#input.process(given)
    return actor ? this.#input.by : undefined
  }

  #process(field: BodyField & { readonly kind: 'process' }): string | undefined {
    const process = this.#resolve(field.name, field.actor === true)
    if (process !== undefined) return this.#mac.processes.text(process)
    if (field.absent === true) return undefined
    if (field.nullable === true) return 'null'
    return this.#input.fail(`\`${this.#input.type}\` needs the process \`${field.name}\`.`)
  }

  #token(of: string): string {
    const process = this.#resolve(of, of === 'instigator' || of === 'petitioner')
    return process === undefined ? 'null' : this.#mac.processes.token(process)
  }

  #length(name: string): number {
    const list = this.#given(name)
    return Array.isArray(list) ? list.length : 0
  }

  #choice(field: BodyField & { readonly kind: 'choice' }): string {
    const by = this.#given(field.by)
    const codes = BODIES[this.#input.type]?.fields.find(({ name }) => name === field.by)
    const code = codes?.kind === 'code' ? this.#code(codes) : by === false ? 0 : 1
    const chosen = field.choices.find(({ when }) => when === code)
    if (chosen === undefined) return 'null'
    const { key, fields } = chosen
    if (!Array.isArray(fields)) {
      // Sound: the one case left of the union is a single field.
      return `{"${key}":${this.#field(fields as BodyField) ?? 'null'}}`
    }
    const text = this.object(fields)
    return key === '' ? text : `{"${key}":${text}}`
  }

  #uuid(): string {
    const hex = this.#mac.prng.hex(32).toUpperCase()
    const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`]
    return [...parts, `A${hex.slice(17, 20)}`, hex.slice(20)].join('-')
  }
}

type Complete = (params: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>

function split(folder: string, name: string): Complete {
  return (params) => {
    const { to } = params
    if (typeof to !== 'string') return params
    return { [folder]: folderOf(to), [name]: to.slice(to.lastIndexOf('/') + 1), ...params }
  }
}

// Steps say `to: /path`; events have the folder and the name apart.
const COMPLETE: Readonly<Record<string, Complete>> = {
  rename: split('dir', 'filename'),
  clone: split('target_dir', 'target_name'),
  copyfile: split('target_dir', 'target_name'),
  link: split('target_dir', 'target_filename'),
  unlink: (params) =>
    typeof params['target'] === 'string'
      ? { parent_dir: folderOf(params['target']), ...params }
      : params,
}

function complete(
  type: string,
  params: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return COMPLETE[type]?.(params) ?? params
}
