import type { MacosPart } from './document.ts'
import type { ActorParts } from './process/image.ts'
import { type Body, integerOf, numeralOf, valueAt } from './reader.ts'

/** `macos` of a record and who acted, without what its type adds. */
export function macosPart(value: Body, actor: ActorParts): MacosPart {
  // One literal where nothing is missing, as in real records: growing an object key by key costs
  // more.
  const es = esPart(value)
  const { macosProcess: process, macosParent: parent, responsible } = actor
  if (parent !== undefined && responsible !== undefined) return { es, process, parent, responsible }
  const macos: MacosPart = { es, process }
  if (parent !== undefined) macos.parent = parent
  if (responsible !== undefined) macos.responsible = responsible
  return macos
}

function esPart(value: Body): NonNullable<MacosPart['es']> {
  const version = integerOf(valueAt(value, 'version'))
  const sequence = integerOf(valueAt(value, 'seq_num'))
  const global = integerOf(valueAt(value, 'global_seq_num'))
  const time = numeralOf(valueAt(value, 'mach_time'))
  if (
    version !== undefined &&
    sequence !== undefined &&
    global !== undefined &&
    time !== undefined
  ) {
    return { version, sequence, global_sequence: global, mach_time: time }
  }
  return {
    ...(version !== undefined && { version }),
    ...(sequence !== undefined && { sequence }),
    ...(global !== undefined && { global_sequence: global }),
    ...(time !== undefined && { mach_time: time }),
  }
}
