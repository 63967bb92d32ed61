import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredLetter } from '@pomona/store'
import { decodePayload, openMemoryLog, openMemoryRecords } from '@pomona/store'
import { setAside } from '../../src/engine/asides.ts'
import { checkEvents } from '../../src/gateway/event-check.ts'
import { LetterDesk } from '../../src/gateway/letter-desk.ts'
import { batchOf, execEvent } from '../support/batch.ts'
import { FakeClock } from '../support/clock.ts'
import { entryOf } from '../support/log.ts'

const TIME = '2026-11-22T10:00:00.000000000Z'

function rigOf() {
  const log = openMemoryLog()
  const records = openMemoryRecords()
  let stored = 0
  const onStored = () => (stored += 1)
  const desk = new LetterDesk({ log, records, clock: new FakeClock(), onStored })
  return { log, records, desk, stored: () => stored }
}

/** The letter of an event that the gateway would take, as after a mend. */
function mended(): StoredLetter {
  const event = execEvent('mac-1', 7)
  const bad = { ...event, host: { id: 'mac-2' } }
  const batch = batchOf({ events: [bad], first: 7 })
  const [letter] = checkEvents(batch, { ingested: TIME, lettersMax: 1 }).letters
  if (letter?.source?.kind !== 'event') throw new Error('no source')
  return { ...letter, source: { ...letter.source, text: JSON.stringify(event) } }
}

test('dead letters: an event that is taken now goes into the log, once', async () => {
  const { log, records, desk, stored } = rigOf()
  const letter = mended()
  await records.letters.add([letter])
  deepEqual(await desk.replay([letter.id], 'ada'), { replayed: 1, refused: [] })
  const [entry] = await log.read(0, { entriesMax: 9, bytesMax: 1e6 })
  equal(entry?.hostId, 'mac-1')
  const [event] = decodePayload(entry?.payload ?? new Uint8Array()).events
  equal(event?.event?.id, execEvent('mac-1', 7).event?.id)
  equal(stored(), 1)
  deepEqual(await desk.replay([letter.id], 'ada'), {
    replayed: 0,
    refused: [{ id: letter.id, reason: 'not_found', detail: 'It is not in the queue.' }],
  })
  const [audit] = await records.auditEntries(1)
  deepEqual(
    [audit?.actor, audit?.action, audit?.details['count']],
    ['ada', 'dead_letters_replayed', '1'],
  )
  // As after a crash between log and records: the letter is there again, the log has it.
  const after = openMemoryRecords()
  await after.letters.add([letter])
  const again = new LetterDesk({ log, records: after, clock: new FakeClock(), onStored: () => 0 })
  equal((await again.replay([letter.id], 'ada')).replayed, 1)
  equal(await log.end(), 1)
})

test('dead letters: what is still wrong stays, with the reason of now', async () => {
  const { log, records, desk, stored } = rigOf()
  const batch = batchOf({ events: [{ ...execEvent('mac-1', 0), shoe: 1 }] })
  const { letters } = checkEvents(batch, { ingested: TIME, lettersMax: 1 })
  const bare = { id: 'bare', time: TIME, stage: 'gateway', reason: 'x', detail: '', sample: '' }
  await records.letters.add([...letters, bare])
  const { replayed, refused } = await desk.replay([letters[0]?.id ?? '', 'bare'], 'ada')
  equal(replayed, 0)
  deepEqual(
    refused.map(({ reason }) => reason),
    ['unknown_field', 'no_source'],
  )
  equal((await records.letters.newest(9)).length, 2)
  equal(await log.end(), 0)
  equal(stored(), 0)
  equal(await desk.discard(['bare', 'none'], 'ada'), 1)
  equal((await records.letters.newest(9)).length, 1)
  equal((await records.auditEntries(9)).length, 1)
})

test('dead letters: an event that failed in the engine is evaluated again, not stored again', async () => {
  const { log, records, desk } = rigOf()
  await log.append(entryOf('mac-1', { count: 3 }))
  const asides = { letters: [] as StoredLetter[], discards: new Map<string, number>(), time: TIME }
  const [entry] = await log.read(0, { entriesMax: 1, bytesMax: 1 })
  const [, event = {}] = decodePayload(entry?.payload ?? new Uint8Array()).events
  setAside({ event, place: { offset: 0, index: 1 }, message: 'no' }, asides)
  setAside({ event, place: { offset: 0, index: 9 }, message: 'no' }, asides)
  setAside({ event, place: { offset: 5, index: 0 }, message: 'no' }, asides)
  await records.letters.add(asides.letters)
  const { replayed, refused } = await desk.replay(
    asides.letters.map(({ id }) => id),
    'ada',
  )
  equal(replayed, 1)
  deepEqual(
    refused.map(({ reason }) => reason),
    ['not_in_log', 'not_in_log'],
  )
  const [added] = await log.read(1, { entriesMax: 1, bytesMax: 1 })
  const { events, again } = decodePayload(added?.payload ?? new Uint8Array())
  deepEqual([events, again], [[], [event]])
})
