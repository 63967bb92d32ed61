import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { type EcsEvent, problemsOf } from '@pomona/schema'
import type { FileFacts } from '@pomona/sensor'
import { Normalizer } from '../src/index.ts'
import { CONTEXT, type Json, message, processOf, record, SHELL } from './records.ts'

const SHA256 = 'ab'.repeat(32)
const TOOL = processOf({ pid: 500, pidversion: 1_201, path: '/private/tmp/tool' })
const EXEC = message('exec', { target: TOOL, args: ['./tool'] })
const FACTS: FileFacts = {
  path: '/private/tmp/tool',
  sha256: SHA256,
  headerBytes: 'cffaedfe0c000001',
  size: 4_242,
  mtime: '2026-03-02T08:29:00.000000000Z',
  quarantine: '0083;65f0a1b2;Safari;8F14E45F',
  originUrl: 'https://downloads.example/tool.zip',
  originReferrerUrl: 'https://example/',
}

function normalizer() {
  const one = new Normalizer(CONTEXT, { original: false })
  let sequence = 0
  return (value: Json, facts?: FileFacts): EcsEvent => {
    const result = one.normalize(record(value, sequence++), facts)
    ok(result.ok)
    deepEqual(problemsOf(result.event), [])
    return result.event
  }
}

test('file facts: the program that is started has its digest, header, quarantine and origin', () => {
  const { process, macos, related, file } = normalizer()(EXEC, FACTS)
  equal(process?.hash?.sha256, SHA256)
  equal(process?.executable, FACTS.path)
  ok(process?.hash?.cdhash !== undefined)
  equal(macos?.process?.header_bytes, FACTS.headerBytes)
  equal(macos?.process?.quarantine, FACTS.quarantine)
  equal(macos?.process?.origin_url, FACTS.originUrl)
  ok(related?.hash?.includes(SHA256))
  equal(file, undefined)
})

test('file facts: later events of the process have the digest and not the rest', () => {
  const normalize = normalizer()
  normalize(EXEC, FACTS)
  const later = normalize(
    message('unlink', { target: { path: '/private/tmp/x' } }, { process: TOOL }),
  )
  equal(later.process?.hash?.sha256, SHA256)
  equal(later.macos?.process?.header_bytes, undefined)
})

test('file facts: what the program becomes parent of has it there', () => {
  const normalize = normalizer()
  normalize(EXEC, FACTS)
  const child = processOf({
    pid: 501,
    pidversion: 1_300,
    path: '/bin/ls',
    parent: [500, 1_201],
  })
  const event = normalize(message('exec', { target: child, args: ['ls'] }))
  equal(event.process?.hash?.sha256, undefined)
  equal(event.process?.parent?.hash?.sha256, SHA256)
})

test('file facts: a file that was written has them', () => {
  const close = message('close', { modified: true, target: { path: FACTS.path } })
  const { file, macos, process, related } = normalizer()(close, FACTS)
  equal(file?.hash?.sha256, SHA256)
  equal(file?.size, 4_242)
  equal(file?.mtime, FACTS.mtime)
  equal(file?.origin_url, FACTS.originUrl)
  equal(file?.origin_referrer_url, FACTS.originReferrerUrl)
  equal(macos?.file?.header_bytes, FACTS.headerBytes)
  equal(macos?.file?.quarantine, FACTS.quarantine)
  equal(macos?.file?.modified, true)
  equal(process?.hash?.sha256, undefined)
  ok(related?.hash?.includes(SHA256))
})

test('file facts: a program that changes its own file does not become what it wrote', () => {
  const own = message('close', { modified: true, target: { path: FACTS.path } }, { process: TOOL })
  const event = normalizer()(own, FACTS)
  equal(event.file?.hash?.sha256, SHA256)
  equal(event.process?.hash?.sha256, undefined)
})

test('file facts: those of another file are left alone', () => {
  const other = { ...FACTS, path: '/private/tmp/other' }
  for (const value of [EXEC, message('unlink', { target: { path: '/x' } })]) {
    deepEqual(normalizer()(value, other), normalizer()(value))
  }
})

test('file facts: a file too large to be hashed has the rest', () => {
  const { sha256: _sha256, ...large } = FACTS
  const { process, macos } = normalizer()(EXEC, large)
  equal(process?.hash?.sha256, undefined)
  equal(macos?.process?.header_bytes, FACTS.headerBytes)
})

test('file facts: a forked child runs the same file', () => {
  const normalize = normalizer()
  normalize(EXEC, FACTS)
  const child = processOf({ pid: 502, pidversion: 1_400, path: FACTS.path, parent: [500, 1_201] })
  const event = normalize(message('fork', { child }, { process: TOOL }))
  equal(event.process?.hash?.sha256, SHA256)
  ok(SHELL !== undefined)
})
