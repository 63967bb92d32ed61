import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { Snapshot, SpoolState } from '../../src/spool/state.ts'

const EPOCH = { kind: 'epoch', epoch: 2, streamId: 's2', bootId: 'b' } as const

function runs({ epochs }: SpoolState): readonly string[] {
  return Array.from(epochs.values(), ({ run }) => run)
}

test('spool state: the run of an epoch is kept as it was written', () => {
  const state = new SpoolState({ installation: 'f00d', atMs: 0 })
  state.apply({ commit: 1, atMs: 0, changes: [{ ...EPOCH, run: 'agent-beef-2' }] })
  deepEqual(runs(SpoolState.of(Snapshot.parse(state.snapshot()))), ['agent-beef-2'])
})

test('spool state: where an earlier version left the run out, it is what it always was', () => {
  const state = new SpoolState({ installation: 'f00d', atMs: 0 })
  state.apply({ commit: 1, atMs: 0, changes: [{ ...EPOCH, run: '' }] })
  deepEqual(runs(state), ['agent-f00d-2'])
  const { epochs, ...rest } = state.snapshot()
  const bare = epochs.map(({ epoch, streamId, bootId }) => ({ epoch, streamId, bootId }))
  deepEqual(runs(SpoolState.of(Snapshot.parse({ ...rest, epochs: bare }))), ['agent-f00d-2'])
})
