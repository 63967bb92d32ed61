import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import {
  attackVersionOf,
  attackVersions,
  coversTechnique,
  inOlderVocabulary,
  inOneVocabulary,
  isTactic,
  TACTICS,
  tacticsAlike,
  techniqueAliases,
  techniquesAlike,
  weightiestTactics,
} from '../src/attack.ts'

test('attack: what one version calls defense evasion, the other finds', () => {
  deepEqual(tacticsAlike('defense-evasion'), ['defense-evasion', 'stealth', 'defense-impairment'])
  deepEqual(tacticsAlike('stealth'), ['stealth', 'defense-evasion'])
  deepEqual(tacticsAlike('defense-impairment'), ['defense-impairment', 'defense-evasion'])
  deepEqual(tacticsAlike('impact'), ['impact'])
})

test('attack: being alike goes both ways', () => {
  for (const one of TACTICS) {
    for (const other of TACTICS) {
      equal(tacticsAlike(one).includes(other), tacticsAlike(other).includes(one), `${one} ${other}`)
    }
  }
})

const vocabularies = [
  { name: 'the older where both occur', found: ['stealth', 'defense-evasion', 'impact'] },
  { name: 'the newer where only it occurs', found: ['defense-impairment', 'stealth', 'stealth'] },
  { name: 'names nobody knows as they are', found: ['made-up'] },
]
const wanted = [['defense-evasion', 'impact'], ['defense-impairment', 'stealth'], ['made-up']]
for (const [index, { name, found }] of vocabularies.entries()) {
  test(`attack: tactics in one vocabulary: ${name}`, () => {
    deepEqual(inOneVocabulary(found), wanted[index])
  })
}

const techniques = [
  { asked: 'T1562', id: 'T1685', covers: true },
  { asked: 'T1562', id: 'T1690', covers: true },
  { asked: 'T1562.001', id: 'T1685', covers: true },
  { asked: 'T1685', id: 'T1562.001', covers: true },
  { asked: 'T1685', id: 'T1562.012', covers: true },
  { asked: 'T1685', id: 'T1070.002', covers: true },
  { asked: 'T1070', id: 'T1685.006', covers: true },
  { asked: 'T1685.005', id: 'T1070.001', covers: true },
  { asked: 'T1685', id: 'T1685.003', covers: true },
  { asked: 'T1059', id: 'T1059.004', covers: true },
  { asked: 'T1685', id: 'T1562.004', covers: false },
  { asked: 'T1562.001', id: 'T1685.001', covers: false },
  { asked: 'T1562.001', id: 'T1562', covers: false },
  { asked: 'T1562.001', id: 'T1562.006', covers: false },
  { asked: 'T1070.003', id: 'T1685.006', covers: false },
  { asked: 'T105', id: 'T1059', covers: false },
]
for (const { asked, id, covers } of techniques) {
  test(`attack: who asks for ${asked} ${covers ? 'finds' : 'does not find'} ${id}`, () => {
    equal(coversTechnique({ asked, id }), covers)
    const isListed = id === asked || id.startsWith(`${asked}.`)
    equal(isListed || techniquesAlike(asked).includes(id), covers, 'as a list of ids')
  })
}

test('attack: the newer names as the older one', () => {
  deepEqual(inOlderVocabulary(['stealth', 'impact', 'defense-impairment']), [
    'defense-evasion',
    'impact',
  ])
})

test('attack: the other id of a technique, none where it kept its own', () => {
  deepEqual(techniqueAliases('T1562.004'), ['T1686'])
  deepEqual(techniqueAliases('T1685'), ['T1562', 'T1562.001', 'T1562.006'])
  deepEqual(techniqueAliases('T1059.004'), [])
  deepEqual(techniquesAlike('T1059'), [])
})

const versions = [
  { tactics: ['defense-evasion'], ids: ['T1562.001'], want: '18.1' },
  { tactics: ['stealth'], ids: [], want: '19' },
  { tactics: [], ids: ['T1685.002'], want: '19' },
  { tactics: [], ids: ['T1690'], want: '19' },
  { tactics: ['impact'], ids: ['T1680', 'T1059'], want: '18.1' },
  { tactics: ['defense-evasion'], ids: ['T1686'], want: '19' },
]
for (const { tactics, ids, want } of versions) {
  test(`attack: ${[...tactics, ...ids].join(' ')} is written in ${want}`, () => {
    equal(attackVersionOf({ tactics, techniques: ids }), want)
  })
}

test('attack: names of two versions are told apart', () => {
  const names = { tactics: ['stealth', 'impact'], techniques: ['T1562.001', 'T1059'] }
  deepEqual(attackVersions(names), { old: ['T1562.001'], split: ['stealth'] })
  equal(isTactic('stealth'), true)
  equal(isTactic('Stealth'), false)
})

test('tactics: the weightiest, in the order of the matrix, unknown ones left out', () => {
  const found = ['discovery', 'exfiltration', 'execution', 'credential-access', 'made-up']
  deepEqual(weightiestTactics(found, 2), ['credential-access', 'exfiltration'])
  deepEqual(weightiestTactics(['discovery'], 3), ['discovery'])
})
