import { deepEqual, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { AnalysisError, attempt } from '../src/errors.ts'

test('attempt: gives the value, or why there is none', () => {
  deepEqual(
    attempt('header', () => 7),
    { ok: true, value: 7 },
  )
  const failed = attempt('header', () => {
    throw new AnalysisError('ERR_ANALYSIS_MALFORMED', 'It is upside down.')
  })
  deepEqual(failed, {
    ok: false,
    problem: { code: 'ERR_ANALYSIS_MALFORMED', part: 'header', message: 'It is upside down.' },
  })
})

test('attempt: a bug of ours is not hidden', () => {
  throws(
    () =>
      attempt('header', () => {
        throw new TypeError('bug')
      }),
    TypeError,
  )
})
