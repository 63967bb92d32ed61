import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { LineSplitter } from '../../src/eslogger/line-splitter.ts'

function split(lineBytesMax: number) {
  const lines: string[] = []
  const splitter = new LineSplitter(lineBytesMax, {
    line: (bytes, unterminated) => lines.push(`${bytes.toString()}${unterminated ? '…' : ''}`),
    tooLong: (beginning) => lines.push(`!${beginning.length}`),
  })
  return { lines, splitter }
}

test('splitter: any cut of a stream gives the same lines', () => {
  const text = Buffer.from('one\r\n\ntwo\nthree and more\nend')
  for (let size = 1; size <= text.length; size += 1) {
    const { lines, splitter } = split(100)
    for (let at = 0; at < text.length; at += size) splitter.push(text.subarray(at, at + size))
    ok(splitter.isHolding)
    splitter.end()
    deepEqual(lines, ['one', '', 'two', 'three and more', 'end…'], `pieces of ${size}`)
    ok(!splitter.isHolding)
  }
})

test('splitter: a line of exactly the bound passes, one more byte does not', () => {
  const { lines, splitter } = split(4)
  splitter.push(Buffer.from('1234\n12345\n12\n'))
  deepEqual(lines, ['1234', '!5', '12'])
})

test('splitter: a line without end is told once and takes no memory', () => {
  const { lines, splitter } = split(1_000)
  const piece = Buffer.alloc(600, 'x')
  for (let count = 0; count < 1_000; count += 1) splitter.push(piece)
  deepEqual(lines, ['!1024'])
  splitter.push(Buffer.from('\nnext\n'))
  deepEqual(lines, ['!1024', 'next'])
})

test('splitter: what was lent may be overwritten', () => {
  const { lines, splitter } = split(100)
  const piece = Buffer.from('begin')
  splitter.push(piece)
  piece.fill('#')
  splitter.push(Buffer.from('ning\n'))
  equal(lines[0], 'beginning')
})
