import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { activityOf, incidentName } from '../src/name.ts'

const activities = [
  { name: 'encryption for impact', techniques: ['T1486'], tactics: ['impact'], want: 'ransomware' },
  {
    name: 'secrets that leave',
    techniques: ['T1555.003'],
    tactics: ['credential-access', 'exfiltration'],
    want: 'information_theft',
  },
  {
    name: 'passwords tried and nothing else',
    techniques: ['T1110.001'],
    tactics: ['credential-access'],
    want: 'password_guessing',
  },
  {
    name: 'a sub-technique of remote services, with more',
    techniques: ['T1021.004'],
    tactics: ['lateral-movement', 'persistence'],
    want: 'remote_access',
  },
  {
    name: 'a technique that only begins alike',
    techniques: ['T10210'],
    tactics: [],
    want: 'suspicious',
  },
  {
    name: 'persistence that calls home',
    techniques: [],
    tactics: ['persistence', 'command-and-control'],
    want: 'backdoor',
  },
  { name: 'hiding, as ATT&CK 18 says', tactics: ['defense-evasion'], want: 'defense_evasion' },
  { name: 'hiding, as ATT&CK 19 says', tactics: ['stealth'], want: 'defense_evasion' },
  { name: 'a survey', tactics: ['discovery'], want: 'discovery' },
]
for (const { name, want, tactics, techniques = [] } of activities) {
  test(`activity: ${name}`, () => equal(activityOf({ tactics, techniques }), want))
}

test('name: a chain is named by what it adds up to', () => {
  const name = incidentName(
    {
      techniques: [],
      tactics: ['execution', 'credential-access', 'collection', 'exfiltration'],
      ruleNames: ['A', 'B'],
      origin: 'Install.app',
      hostName: 'maya-mac',
    },
    'information_theft',
  )
  equal(
    name,
    'Infostealer activity from Install.app on maya-mac: credential access, collection, exfiltration',
  )
})

test('name: one rule says itself what happened', () => {
  const facts = { techniques: [], tactics: ['execution'], hostName: 'maya-mac', origin: undefined }
  equal(
    incidentName({ ...facts, ruleNames: ['Firewall is switched off'] }, 'execution'),
    'Firewall is switched off on maya-mac',
  )
})

test('name: stays short however long its parts', () => {
  const facts = { techniques: [], tactics: [], hostName: 'x'.repeat(400), origin: undefined }
  ok(incidentName({ ...facts, ruleNames: ['A', 'B'] }, 'suspicious').length <= 240)
})
