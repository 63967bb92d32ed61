import type { Gate, LogSource } from '@pomona/rules'
import { fieldPath, fieldValue } from '@pomona/schema'

const ACTION = fieldPath('event.action')
const ROUTES = ['product', 'service', 'category'] as const

/** What a gate asks for, field names split. */
export interface GateCheck {
  readonly action: string
  readonly equals: readonly (readonly [path: readonly string[], wanted: unknown])[]
}

/** `event.action` of a document, which every gate asks for. */
export function actionOf(document: object): unknown {
  return fieldValue(document, ACTION)
}

/** Prepares what the gate asks for beside the action; `undefined` when nothing. */
export function compileGate({ events }: Gate): readonly GateCheck[] | undefined {
  const checks = events.map(({ action, equals }) => {
    const pairs = Object.entries(equals).map(
      ([field, wanted]) => [fieldPath(field), wanted] as const,
    )
    return { action, equals: pairs }
  })
  return checks.some(({ equals }) => equals.length > 0) ? checks : undefined
}

/** Whether an event with this action has the values that the gate asks for. */
export function admits(
  gate: readonly GateCheck[],
  { document, action }: { document: object; action: unknown },
): boolean {
  return gate.some(
    (check) =>
      check.action === action &&
      check.equals.every(([path, wanted]) => fieldValue(document, path) === wanted),
  )
}

/**
 * Whether the event itself says that it comes from elsewhere than the rule is for. An event that
 * does not say contradicts no rule, and the reverse.
 */
export function contradicts(logsource: LogSource, document: object): boolean {
  return ROUTES.some((key) => {
    const wanted = logsource[key]
    const said = fieldValue(document, [key])
    if (wanted === undefined || typeof said !== 'string') return false
    return said.toLowerCase() !== wanted.toLowerCase()
  })
}
