import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { inMatrixOrder } from '../src/tactics.ts'

test('tactics: in the order of the matrix, each once, unknown ones last', () => {
  deepEqual(inMatrixOrder(['exfiltration', 'zzz', 'execution', 'stealth', 'execution']), [
    'execution',
    'stealth',
    'exfiltration',
    'zzz',
  ])
})
