import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { EventStreamParser, type StreamEvent } from '../../src/live/event-stream.ts'
import { seededRandom } from '../random.ts'

function read(...pieces: readonly string[]): StreamEvent[] {
  const parser = new EventStreamParser()
  return pieces.flatMap((piece) => parser.push(piece))
}

const message = (data: string, id?: string) => ({ id, event: 'message', data })
const cases = [
  { name: 'reads a message', pieces: ['id: 1\ndata: a\n\n'], want: [message('a', '1')] },
  { name: 'joins lines of data', pieces: ['data: a\ndata: b\n\n'], want: [message('a\nb')] },
  {
    name: 'keeps the id for later messages',
    pieces: ['id: 1\ndata: a\n\ndata: b\n\n'],
    want: [message('a', '1'), message('b', '1')],
  },
  { name: 'takes CRLF', pieces: ['data: a\r\n\r\n'], want: [message('a')] },
  { name: 'takes CRLF cut in two', pieces: ['data: a\r', '\n\r', '\n'], want: [message('a')] },
  { name: 'skips comments', pieces: [': still here\n\ndata: a\n\n'], want: [message('a')] },
  {
    name: 'skips messages without data',
    pieces: ['event: x\n\ndata: a\n\n'],
    want: [message('a')],
  },
  { name: 'takes off one blank only', pieces: ['data:  a\n\n'], want: [message(' a')] },
  { name: 'waits for the end of a message', pieces: ['data: a\n'], want: [] },
  { name: 'ignores an id with NUL', pieces: ['id: \0\ndata: a\n\n'], want: [message('a')] },
  {
    name: 'names the event',
    pieces: ['event: x\ndata: a\n\n'],
    want: [{ id: undefined, event: 'x', data: 'a' }],
  },
]
for (const { name, pieces, want } of cases) {
  test(`event stream: ${name}`, () => deepEqual(read(...pieces), want))
}

test('event stream: cutting the text anywhere changes nothing', () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9))
  const random = seededRandom(seed)
  const text = ': hi\r\nid: 7\r\ndata: {"a":1}\r\n\r\ndata: x\ndata: y\n\nevent: e\nid: 8\ndata\n\n'
  const want = read(text)
  for (let round = 0; round < 300; round += 1) {
    const pieces: string[] = []
    for (let from = 0; from < text.length;) {
      const to = from + 1 + Math.floor(random() * 9)
      pieces.push(text.slice(from, to))
      from = to
    }
    deepEqual(read(...pieces), want, `seed ${seed}, round ${round}`)
  }
})

test('event stream: a message beyond the limit is counted and the next one is read', () => {
  const parser = new EventStreamParser()
  const long = 'x'.repeat(1_000_000)
  for (let part = 0; part < 5; part += 1) deepEqual(parser.push(`data: ${long}\n`), [])
  deepEqual(parser.push('\ndata: a\n\n'), [message('a')])
  equal(parser.discarded, 1)
})

test('event stream: a line without end does not fill the memory', () => {
  const parser = new EventStreamParser()
  for (let part = 0; part < 6; part += 1) parser.push('y'.repeat(1_000_000))
  equal(parser.discarded, 1)
  deepEqual(parser.push('\n\ndata: a\n\n'), [message('a')])
})
