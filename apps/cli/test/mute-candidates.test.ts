import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { candidatesOf } from '../src/mute-candidates.ts'
import { MuteTally } from '../src/mute-tally.ts'

function tallyOf(
  ...rows: readonly (readonly [program: string, path: string, count: number])[]
): MuteTally {
  const tally = new MuteTally()
  for (const [program, path, count] of rows) {
    for (let index = 0; index < count; index += 1) {
      tally.add({ type: 'create', program, paths: [path], bytes: 10, cpuUs: 1 })
    }
  }
  return tally
}

const proposed = (tally: MuteTally) =>
  candidatesOf(tally.places(), tally.total).map(({ mute, amount }) => [
    mute.programs?.[0],
    mute.paths?.[0],
    amount.events,
  ])

test('mute candidates: the deepest folder that has nearly all that a program does', () => {
  const tally = tallyOf(
    ['/usr/bin/loud', '/private/var/db/loud/cache/1', 95],
    ['/usr/bin/loud', '/private/var/db/loud/settings', 5],
    ['/usr/bin/quiet', '/private/var/db/quiet/1', 1],
  )
  deepEqual(proposed(tally), [['/usr/bin/loud', '/private/var/db/loud/cache/*', 95]])
})

test('mute candidates: what is spread over the disk is named where it is, never whole volumes', () => {
  const tally = tallyOf(
    ['/bin/sync', '/Users/a/Library/Cache/x/1', 50],
    ['/bin/sync', '/private/var/folders/y/1', 50],
    ['/bin/wide', '/a/1', 30],
    ['/bin/wide', '/b/1', 30],
  )
  deepEqual(proposed(tally), [
    ['/bin/sync', '/Users/a/Library/Cache/x/*', 50],
    ['/bin/sync', '/private/var/folders/y/*', 50],
  ])
})
