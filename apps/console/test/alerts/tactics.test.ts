import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { isTactic, shownTactics, weightiestTactics } from '../../src/alerts/tactics.ts'

test('tactics: a strip shows one vocabulary, and what was found of the other', () => {
  equal(shownTactics([], '18.1').includes('stealth'), false)
  equal(shownTactics([], '19').includes('defense-evasion'), false)
  equal(shownTactics(['stealth'], '18.1').includes('stealth'), true)
  equal(shownTactics([], undefined).includes('defense-evasion'), true)
})

test('tactics: the weightiest, in the order of the matrix', () => {
  const found = ['discovery', 'exfiltration', 'execution', 'credential-access', 'made-up']
  deepEqual(weightiestTactics(found, 2), ['credential-access', 'exfiltration'])
  equal(isTactic('made-up'), false)
})
