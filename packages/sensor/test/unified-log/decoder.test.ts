import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { LogDecoder, type LogRead, readLogLine, redactLogRecord } from '@pomona/sensor'
import { BANNER, logLine, TCCD, TRAILER } from './lines.ts'

const AT_NS = 1_790_068_345_000_000_000n
const CONTEXT =
  'AUTHREQ_CTX: msgID=438.631, function=TCCAccessRequest, service=kTCCServiceAddressBook, preflight='
const RESULT = 'AUTHREQ_RESULT: msgID=438.631, authValue=0, authReason=12, authVersion=1,'
const SUDO = 'maya : TTY=ttys002 ; PWD=/Users/maya ; USER=root ; COMMAND=/usr/bin/id'

function decoded(lines: readonly string[], size = 1_000_000): readonly LogRead[] {
  const decoder = new LogDecoder()
  const bytes = Buffer.from(lines.join('\n'))
  const reads: LogRead[] = []
  for (let at = 0; at < bytes.length; at += size) {
    reads.push(...decoder.push(bytes.subarray(at, at + size), AT_NS))
  }
  return [...reads, ...decoder.end()]
}

const kinds = (reads: readonly LogRead[]): readonly string[] =>
  reads.map((read) => ('reason' in read ? `${read.kind} ${read.reason}` : read.kind))

test('log: the lines around the records are no records, whatever the pieces', () => {
  const lines = [BANNER, logLine({ process: '/usr/bin/sudo', message: SUDO }), TRAILER, '']
  for (const size of [1, 7, 100, 100_000]) {
    deepEqual(kinds(decoded(lines, size)), ['frame', 'record', 'frame'])
  }
})

test('log: a record has its time in UTC, its process, and what it says', () => {
  const read = readLogLine(
    logLine({ process: '/usr/bin/sudo', message: SUDO, subsystem: 'com.apple.sudo', pid: 77 }),
    5,
  )
  ok(read.ok)
  const { time, process, sequence, subsystem, statement, userId, level } = read.record
  equal(time, '2026-09-22T09:12:25.248383000Z')
  deepEqual(process, { pid: 77, path: '/usr/bin/sudo' })
  deepEqual(
    { sequence, subsystem, userId, level },
    {
      sequence: 5,
      subsystem: 'com.apple.sudo',
      userId: 0,
      level: 'Default',
    },
  )
  equal(statement?.kind, 'sudo')
})

test('log: what is asked of tccd and what it answers become one record', () => {
  const reads = decoded([
    logLine({ process: TCCD, message: `${CONTEXT}no, query=1,` }),
    logLine({ process: TCCD, message: RESULT }),
    '',
  ])
  deepEqual(kinds(reads), ['filtered joined', 'record'])
  const [, read] = reads
  deepEqual(read?.kind === 'record' && read.record.statement, {
    kind: 'tcc_request',
    messageId: '438.631',
    service: 'kTCCServiceAddressBook',
    isPreflight: false,
    value: 0,
    reason: 12,
  })
})

test('log: questions of what an answer would be are left out', () => {
  const reads = decoded([
    logLine({ process: TCCD, message: `${CONTEXT}yes, query=1,` }),
    logLine({ process: TCCD, message: RESULT }),
    '',
  ])
  deepEqual(kinds(reads), ['filtered joined', 'filtered preflight'])
})

test('log: an answer without its question still tells what was answered', () => {
  const [read] = decoded([logLine({ process: TCCD, message: RESULT }), ''])
  ok(read?.kind === 'record')
  equal(read.record.statement?.kind, 'tcc_request')
})

test('log: other messages of authd and XProtect are kept as they are, chatter is not', () => {
  const reads = decoded([
    logLine({ process: '/usr/libexec/XProtectService', message: 'scan done' }),
    logLine({ process: TCCD, message: 'something else' }),
    '',
  ])
  deepEqual(kinds(reads), ['record', 'filtered form_unknown'])
})

test('log: what is no record is refused by reason', () => {
  const reads = decoded([
    '',
    'no json',
    '[]',
    logLine({ process: '/x', message: null }),
    logLine({ process: '/x', message: 'm', timestamp: 'yesterday' }),
    logLine({ process: '', message: 'm' }),
    `"${'x'.repeat(300_000)}"`,
    '{"eventMessage":"cut',
  ])
  deepEqual(kinds(reads), [
    'refused blank',
    'refused syntax',
    'refused not_object',
    'refused not_message',
    'refused time_invalid',
    'refused process_missing',
    'refused too_long',
    'refused partial',
  ])
})

test('log: a key that is no own one is not read', () => {
  const line = '{"__proto__":{"eventMessage":"x"},"timestamp":"2026-09-22 11:12:25+0200"}'
  deepEqual(readLogLine(line, 0), { ok: false, reason: 'not_message' })
})

test('log: questions that are never answered are bounded', () => {
  const lines = Array.from({ length: 5_000 }, (_, index) =>
    logLine({ process: TCCD, message: `${CONTEXT}no,`.replace('438.631', `9.${index}`) }),
  )
  equal(decoded([...lines, '']).length, 5_000)
})

test('log: secrets in what sudo ran are blanked out everywhere in the record', () => {
  const message = SUDO.replace('/usr/bin/id', '/usr/local/bin/mysql -uroot -phunter22 shop')
  const read = readLogLine(logLine({ process: '/usr/bin/sudo', message }), 0)
  ok(read.ok)
  const redacted = redactLogRecord(read.record)
  equal(JSON.stringify(redacted).includes('hunter22'), false)
  const again = readLogLine(redacted.text, 0)
  deepEqual(again.ok && again.record, redacted)
})

test('log: a message without secrets stays the same record', () => {
  const read = readLogLine(logLine({ process: '/usr/bin/sudo', message: SUDO }), 0)
  ok(read.ok)
  equal(redactLogRecord(read.record), read.record)
})
