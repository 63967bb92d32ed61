import { equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { esloggerProblem } from '../../src/eslogger/problems.ts'

const BINARY = '/Applications/Pomona.app/Contents/MacOS/pomona-agent'
const end = { code: 1, ranMs: 40 }

const cases = [
  { said: 'ES_NEW_CLIENT_RESULT_ERR_NOT_PERMITTED', code: 'full_disk_access_missing' },
  { said: 'ES_NEW_CLIENT_RESULT_ERR_NOT_PRIVILEGED', code: 'root_missing' },
  { said: 'ES_NEW_CLIENT_RESULT_ERR_NOT_ENTITLED', code: 'entitlement_missing' },
  { said: 'ES_NEW_CLIENT_RESULT_ERR_TOO_MANY_CLIENTS', code: 'clients_exhausted' },
]
for (const { said, code } of cases) {
  test(`problems: ${said} is ${code}`, () => {
    const lines = ['2026-03-02 eslogger[4]', `Not permitted to create an ES client: ${said}`]
    const problem = esloggerProblem(lines, { end, binary: BINARY })
    equal(problem?.code, code)
  })
}

test('problems: missing Full Disk Access names the program and the profile that grants it', () => {
  const lines = ['ES_NEW_CLIENT_RESULT_ERR_NOT_PERMITTED']
  const problem = esloggerProblem(lines, { end, binary: BINARY })
  equal(problem?.message, `Full Disk Access missing for ${BINARY}.`)
  match(problem?.profile ?? '', /SystemPolicyAllFiles/)
})

test('problems: a Mac without eslogger is told', () => {
  const missing = { failure: 'not_found', ranMs: 1 } as const
  equal(esloggerProblem([], { end: missing, binary: BINARY })?.code, 'eslogger_missing')
})

test('problems: other words explain nothing', () => {
  equal(esloggerProblem(['Segmentation fault'], { end, binary: BINARY }), undefined)
})
