import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { eventTimeMs } from '../src/event-time.ts'

const CASES: readonly (readonly [document: object, timeMs: number | undefined])[] = [
  [{ '@timestamp': '2026-01-02T03:04:05.678000000Z' }, 1_767_323_045_678],
  [{ UtcTime: '2026-01-02 03:04:05.678' }, 1_767_323_045_678],
  [{ timestamp: '2026-01-02T05:04:05+0200' }, 1_767_323_045_000],
  [{ time: 1_767_323_045 }, 1_767_323_045_000],
  [{ time: 1_767_323_045_678 }, 1_767_323_045_678],
  [{ time: 1_767_323_045_000_000_000 }, 1_767_323_045_000],
  [{ time: 'yesterday', EventTime: '2026-01-02T03:04:05Z' }, 1_767_323_045_000],
  [{ '@timestamp': '2026-13-45T03:04:05Z' }, undefined],
  [{ '@timestamp': null }, undefined],
  [{}, undefined],
]

for (const [document, timeMs] of CASES) {
  test(`event time: ${JSON.stringify(document)}`, () => equal(eventTimeMs(document), timeMs))
}
