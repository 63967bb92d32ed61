import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { survivesPoison } from './poison.ts'

test('poison is set aside and replayed after the server was mended', async (context) => {
  await survivesPoison({ seed: seedOfRun(), events: 2_000, poisonMax: 5 }, context)
})
