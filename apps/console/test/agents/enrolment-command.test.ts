import { deepEqual, equal, ok } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { enrolmentCommand } from '../../src/agents/enrolment-command.ts'

const VALUES = { serverUrl: 'https://edr.example:8444', token: 'abc-DEF_1.ghi' }

test('enrolment command: a shell gives the agent exactly its configuration', () => {
  const command = enrolmentCommand(VALUES)
  ok(!command.includes('\n'))
  // What would run as root only shows what it got.
  const spied = command
    .replace(/^sudo /, '')
    .replace(/cat > "[^"]*"; launchctl kickstart -k [\w./-]+/, 'cat')
  const said = execFileSync('bash', ['-c', spied], { encoding: 'utf8' })
  deepEqual(JSON.parse(said), { server_url: VALUES.serverUrl, enrolment_token: VALUES.token })
})

test('enrolment command: no value leaves its quotes', () => {
  const token = `'; echo "owned" #`
  const spied = enrolmentCommand({ ...VALUES, token })
    .replace(/^sudo /, '')
    .replace(/cat > "[^"]*"; launchctl kickstart -k [\w./-]+/, 'cat')
  const said = execFileSync('bash', ['-c', spied], { encoding: 'utf8' })
  equal(JSON.parse(said).enrolment_token, token)
})
