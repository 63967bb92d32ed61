import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { roleOf } from '../src/hub.ts'
import { INCIDENT_LIMITS } from '../src/limits.ts'
import type { ProcessNode, Program } from '../src/node.ts'

const HOUR_MS = 3_600_000

type Shape = Partial<Omit<ProcessNode, 'program'>> & { readonly program?: Partial<Program> }

function node({ program, ...rest }: Shape): ProcessNode {
  return {
    ...{ images: ['n'], pid: 500, parent: undefined, user: undefined, startMs: 0, endMs: 0 },
    ...{ resident: false, label: undefined, childKinds: [], references: 0, filesWritten: 0 },
    ...{ lastRead: undefined, incident: undefined, alerted: false, forgotten: false },
    ...rest,
    program: {
      ...{ pidversion: 1, name: 'x', executable: '/opt/x', commandLine: undefined, paths: [] },
      ...{ script: undefined, groupId: undefined, platform: false, trusted: false },
      interactiveShell: false,
      ...program,
    },
  }
}

const launchd = node({ pid: 1, resident: true, program: { executable: '/sbin/launchd' } })
const kinds = (count: number): string[] => Array.from({ length: count }, (_, at) => `tool${at}`)
const SERVICE = { executable: '/usr/libexec/serviced', platform: true, trusted: true }
const APPLICATION = { executable: '/Applications/A.app/Contents/MacOS/A', trusted: true }

const cases: readonly { name: string; shape: Shape; atMs?: number; want: string }[] = [
  { name: 'launchd', shape: launchd, want: 'launcher' },
  {
    name: 'a process of which only the id is known',
    shape: { resident: true, program: { executable: undefined, name: undefined } },
    want: 'launcher',
  },
  {
    name: 'a shell somebody types into',
    shape: { program: { interactiveShell: true } },
    want: 'shell',
  },
  {
    name: 'a shell that was there before',
    shape: { resident: true, program: { name: 'zsh', executable: '/bin/zsh' } },
    want: 'shell',
  },
  {
    name: 'a shell that runs a command',
    shape: { parent: node({}), program: { name: 'zsh', executable: '/bin/zsh' } },
    want: 'actor',
  },
  {
    name: 'a service that was there before',
    shape: { resident: true, program: SERVICE },
    want: 'launcher',
  },
  {
    name: 'a service just started for one task',
    shape: { parent: launchd, program: SERVICE },
    want: 'actor',
  },
  {
    name: 'a service that has begun to start other things',
    shape: { parent: launchd, program: SERVICE, childKinds: kinds(3) },
    want: 'launcher',
  },
  {
    name: 'a tool of the system that launchd runs',
    shape: {
      parent: launchd,
      program: { ...SERVICE, executable: '/bin/bash' },
      childKinds: kinds(9),
    },
    want: 'actor',
  },
  {
    name: 'an application just opened',
    shape: { parent: launchd, program: APPLICATION },
    want: 'actor',
  },
  {
    name: 'an application at work for longer than an hour',
    shape: { parent: launchd, program: APPLICATION },
    atMs: HOUR_MS + 1,
    want: 'launcher',
  },
  {
    name: 'an application with many kinds of children',
    shape: { parent: launchd, program: APPLICATION, childKinds: kinds(12) },
    want: 'launcher',
  },
  {
    name: 'the same application once an alert spoke of it',
    shape: { parent: launchd, program: APPLICATION, childKinds: kinds(12), alerted: true },
    want: 'actor',
  },
  {
    name: 'a program without trust, however long it runs and whatever it starts',
    shape: { parent: launchd, childKinds: kinds(12) },
    atMs: 99 * HOUR_MS,
    want: 'actor',
  },
]
for (const { name, shape, atMs = 0, want } of cases) {
  test(`role: ${name} is ${want}`, () => {
    equal(roleOf(node(shape), atMs, INCIDENT_LIMITS), want)
  })
}
