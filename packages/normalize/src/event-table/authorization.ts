import type { ProcessImage } from '../process/image.ts'
import { type Body, bodyOf, flagOf, integerOf, valueAt } from '../reader.ts'
import {
  classification,
  type Draft,
  entry,
  type EventEntry,
  instigator,
  type Occurrence,
  type Outcome,
} from './entry.ts'

// Not `authentication`: asking for a right says nothing about who signs in, and rules count
// failures there.
const RIGHTS = classification({ category: ['iam'], type: ['info'] })

/** The petitioner is whom the right is for; it stands in where the instigator is unknown. */
function subject(occurrence: Occurrence): ProcessImage | undefined {
  return instigator(occurrence) ?? petitionerOf(occurrence)
}

function petitionerOf({
  body,
  processes,
}: Pick<Occurrence, 'body' | 'processes'>): ProcessImage | undefined {
  return processes.claimed(valueAt(body, 'petitioner'), valueAt(body, 'petitioner_token'))
}

function resultsOf(body: Body): readonly Body[] {
  const value = valueAt(body, 'results')
  const results: readonly unknown[] = Array.isArray(value) ? value : []
  const found: Body[] = []
  for (const result of results) {
    const read = bodyOf(result)
    if (read !== undefined) found.push(read)
  }
  return found
}

function judged(body: Body): Outcome {
  const code = integerOf(valueAt(body, 'return_code'))
  if (code !== undefined && code !== 0) return 'failure'
  const results = resultsOf(body)
  if (results.length === 0) return code === undefined ? undefined : 'success'
  return results.every((result) => flagOf(valueAt(result, 'granted')) === true)
    ? 'success'
    : 'failure'
}

function petitionerPart(draft: Draft): Draft['macos']['authorization'] {
  const image = petitionerOf(draft)
  if (image === undefined) return {}
  const { pid, entityId, executable } = image
  return {
    petitioner: {
      pid,
      entity_id: entityId,
      ...(executable !== undefined && { executable }),
    },
  }
}

function petition(draft: Draft): void {
  const rights = draft.reader.list(valueAt(draft.body, 'rights'))
  const part = { ...petitionerPart(draft), ...(rights !== undefined && { rights }) }
  if (Object.keys(part).length > 0) draft.macos.authorization = part
}

function judgement(draft: Draft): void {
  const { body, reader } = draft
  const results = resultsOf(body)
  const names = (found: readonly Body[]): readonly string[] | undefined =>
    reader.list(found.map((result) => valueAt(result, 'right_name')))
  const rights = names(results)
  const granted = names(results.filter((result) => valueAt(result, 'granted') === true))
  const code = integerOf(valueAt(body, 'return_code'))
  const part = {
    ...petitionerPart(draft),
    ...(rights !== undefined && { rights }),
    ...(granted !== undefined && { granted }),
    ...(code !== undefined && { return_code: code }),
  }
  if (Object.keys(part).length > 0) draft.macos.authorization = part
}

/** Authorization rights: asked for, and judged by authd. */
export const AUTHORIZATION_EVENTS: readonly EventEntry[] = [
  entry('authorization_petition', RIGHTS, { subject, mediated: true, map: petition }),
  entry('authorization_judgement', RIGHTS, {
    subject,
    mediated: true,
    outcome: judged,
    map: judgement,
  }),
]
