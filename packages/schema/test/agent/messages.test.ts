import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { AgentReport, Command, EnrolmentRequest } from '../../src/index.ts'

const COMMAND = {
  id: '0192f000-0000-7000-8000-000000000001',
  tenant_id: 'default',
  host_id: 'h1',
  counter: 1,
  action: 'ping',
  parameters: {},
  issued_by: 'maya',
  issued_at: '2026-11-25T09:00:00Z',
  expires_at: '2026-11-25T09:05:00Z',
}

const REPORT = {
  session_id: '0192f000-0000-7000-8000-000000000002',
  epoch: 1,
  boot_id: 'b1',
  sent_at: '2026-11-25T09:00:00.123456789Z',
  host: { id: 'h1', name: 'orchard-01' },
  usage: {
    started: '2026-11-25T08:00:00Z',
    cpu_percent: 1.5,
    memory_bytes: 1,
    spool_bytes: 0,
    spool_events: 0,
    alerts: 0,
  },
  sensors: [],
  permissions: [],
  bundle: { state: 'none' },
  ledger: [],
}

const ENROLMENT = {
  token: 't'.repeat(32),
  csr: `-----BEGIN CERTIFICATE REQUEST-----\n${'A'.repeat(64)}\n-----END CERTIFICATE REQUEST-----`,
  hardware_uuid: '0192F000-0000-7000-8000-000000000003',
  host: { name: 'orchard-01' },
}

const cases = [
  { name: 'a command', schema: Command, value: COMMAND, fits: true },
  { name: 'a counter of 0', schema: Command, value: { ...COMMAND, counter: 0 }, fits: false },
  {
    name: 'an action nobody knows',
    schema: Command,
    value: { ...COMMAND, action: 'rm' },
    fits: false,
  },
  {
    name: 'a local time',
    schema: Command,
    value: { ...COMMAND, issued_at: '2026-11-25T09:00:00' },
    fits: false,
  },
  { name: 'a report', schema: AgentReport, value: REPORT, fits: true },
  {
    name: 'a report with a key nobody declared',
    schema: AgentReport,
    value: { ...REPORT, host_id: 'h2' },
    fits: false,
  },
  { name: 'an enrolment', schema: EnrolmentRequest, value: ENROLMENT, fits: true },
  {
    name: 'an enrolment that chooses its host id',
    schema: EnrolmentRequest,
    value: { ...ENROLMENT, host: { id: 'h2', name: 'x' } },
    fits: false,
  },
]
for (const { name, schema, value, fits } of cases) {
  test(`agent messages: ${name} is ${fits ? 'taken' : 'refused'}`, () => {
    equal(schema.safeParse(value).success, fits)
  })
}
