import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { inMatrixOrder, weightiest } from '../src/tactics.ts'

test('tactics: in the order of the matrix, each once, unknown ones last', () => {
  deepEqual(inMatrixOrder(['exfiltration', 'zzz', 'execution', 'stealth', 'execution']), [
    'execution',
    'stealth',
    'exfiltration',
    'zzz',
  ])
})

test('tactics: a name tells the weightiest, in the order of the matrix', () => {
  const tactics = ['discovery', 'exfiltration', 'execution', 'credential-access', 'persistence']
  deepEqual(weightiest(tactics, 3), ['persistence', 'credential-access', 'exfiltration'])
  deepEqual(weightiest(['discovery'], 3), ['discovery'])
})
