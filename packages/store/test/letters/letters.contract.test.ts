import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { DeadLetterQuery } from '@pomona/schema'
import type { StoredLetter } from '../../src/index.ts'
import { at, drivers } from '../records/drivers.ts'

function letter(id: string, parts: Partial<StoredLetter> = {}): StoredLetter {
  return { id, time: at(1), stage: 'gateway', reason: 'bad', detail: 'd', sample: 'x', ...parts }
}

function query(parts: Record<string, unknown> = {}): DeadLetterQuery {
  return DeadLetterQuery.parse(parts)
}

const SOURCE = { kind: 'log', offset: 4, index: 2 } as const

for (const driver of drivers) {
  const title = (name: string): string => `letters ${driver.name}: ${name}`

  test(title('the newest are kept and the rest is counted'), async (context) => {
    const { letters } = await driver.open(context, { deadLettersMax: 3 })
    await letters.add([letter('1'), letter('2', { host_id: 'mac' })])
    await letters.add([letter('2'), letter('3', { reason: 'worse' }), letter('4'), letter('5')])
    deepEqual(
      (await letters.newest(10)).map(({ id }) => id),
      ['5', '4', '3'],
    )
    deepEqual(await letters.newest(1), [letter('5')])
    const nothing = { replayed: 0, discarded: 0 }
    deepEqual(await letters.counts(), [
      { stage: 'gateway', reason: 'bad', received: 4, dropped: 2, ...nothing },
      { stage: 'gateway', reason: 'worse', received: 1, dropped: 0, ...nothing },
    ])
    await letters.add([letter('6', { sample: `${'x'.repeat(4_095)}é` })])
    equal((await letters.newest(1))[0]?.sample, 'x'.repeat(4_095))
  })

  test(title('one host does not push out the letters of others'), async (context) => {
    const limits = { deadLettersMax: 100, deadLettersPerHostMax: 2 }
    const { letters } = await driver.open(context, limits)
    await letters.add([letter('a', { host_id: 'quiet' }), letter('b')])
    for (let index = 0; index < 9; index += 1) {
      await letters.add([letter(`n${index}`, { host_id: 'noisy' })])
    }
    deepEqual(
      (await letters.newest(10)).map(({ id }) => id),
      ['n8', 'n7', 'b', 'a'],
    )
    equal((await letters.counts())[0]?.dropped, 7)
  })

  test(title('are added up by host, stage and reason, as far as they wait'), async (context) => {
    const { letters } = await driver.open(context)
    await letters.add([
      letter('old', { host_id: 'm1' }),
      letter('1', { host_id: 'm1', time: at(10) }),
      letter('2', { host_id: 'm1', time: at(12) }),
      letter('3', { host_id: 'm1', time: at(11), reason: 'worse' }),
      letter('4', { time: at(10), stage: 'engine' }),
      letter('5', { host_id: 'm2', time: at(10) }),
    ])
    await letters.settle(['5'], 'discarded')
    deepEqual(await letters.tallies(at(10)), [
      { stage: 'engine', reason: 'bad', count: 1, last: at(10) },
      { host_id: 'm1', stage: 'gateway', reason: 'bad', count: 2, last: at(12) },
      { host_id: 'm1', stage: 'gateway', reason: 'worse', count: 1, last: at(11) },
    ])
    deepEqual(await letters.tallies(at(13)), [])
  })

  test(title('are found by stage, reason, host and text, page by page'), async (context) => {
    const { letters } = await driver.open(context)
    await letters.add([
      letter('1', { host_id: 'm1', source: SOURCE }),
      letter('2', { host_id: 'm2', detail: '100% of_IT', sample: '' }),
      letter('3', { stage: 'engine', reason: 'event_poison', host_id: 'm1', sample: 'ÄRGER\0' }),
      letter('4', { host_id: 'm1' }),
    ])
    const page = await letters.page(query({ host: 'm1', limit: 2 }))
    deepEqual(
      page.items.map(({ id, replayable }) => [id, replayable]),
      [
        ['4', false],
        ['3', false],
      ],
    )
    equal(page.total, 3)
    const rest = await letters.page(query({ host: 'm1', limit: 2, cursor: page.next_cursor }))
    deepEqual(rest.items, [{ ...letter('1', { host_id: 'm1' }), replayable: true }])
    equal(rest.next_cursor, undefined)
    const value = (name: string, count: number) => ({ value: name, label: name, count })
    deepEqual(page.facets, {
      stage: [value('gateway', 2), value('engine', 1)],
      reason: [value('bad', 2), value('event_poison', 1)],
      host: [value('m1', 3), value('m2', 1)],
    })
    const found = async (parts: Record<string, unknown>) =>
      (await letters.page(query(parts))).items.map(({ id }) => id)
    deepEqual(await found({ q: '% OF_' }), ['2'])
    deepEqual(await found({ q: 'ärger' }), ['3'])
    deepEqual(await found({ stage: ['engine', 'x'], reason: 'event_poison' }), ['3'])
    await rejects(letters.page(query({ q: '\0' })), { code: 'ERR_QUERY_INVALID' })
    await rejects(letters.page(query({ cursor: 'x' })), { code: 'ERR_QUERY_INVALID' })
  })

  test(title('are settled once, and do not come again'), async (context) => {
    const { letters } = await driver.open(context)
    const long = { kind: 'event', text: 'x'.repeat(16_385) } as const
    const place = { tenantId: 't', streamId: 's', firstSequence: 0, lastSequence: 1 }
    await letters.add([
      letter('1', { source: SOURCE }),
      letter('2', { source: { ...long, ...place } }),
      letter('3', { source: { ...long, text: 'x', ...place } }),
    ])
    deepEqual(await letters.get(['3', '1', 'none']), [
      letter('1', { source: SOURCE }),
      letter('3', { source: { kind: 'event', text: 'x', ...place } }),
    ])
    deepEqual(await letters.get(['2']), [letter('2')])
    deepEqual(await letters.settle(['1', '3', 'none'], 'replayed'), ['1', '3'])
    deepEqual(await letters.settle(['1', '2'], 'discarded'), ['2'])
    await letters.add([letter('1'), letter('2'), letter('3')])
    deepEqual(await letters.newest(10), [])
    equal((await letters.page(query())).total, 0)
    deepEqual(await letters.counts(), [
      { stage: 'gateway', reason: 'bad', received: 3, dropped: 0, replayed: 2, discarded: 1 },
    ])
  })
}
