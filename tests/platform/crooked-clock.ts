/**
 * A clock that somebody sets: loaded before an agent and before the programs it starts
 * (`--import`), it adds the milliseconds that stand in the file `POMONA_TEST_CLOCK` to the time.
 * What measures how long something takes is right, as on a Mac whose clock is set.
 */
import { readFileSync } from 'node:fs'

const READ_EVERY_MS = 20
const path = process.env['POMONA_TEST_CLOCK'] ?? ''
const now = Date.now

function read(): number {
  return Number(readFileSync(path, 'utf8'))
}

let offsetMs = read()
setInterval(() => {
  offsetMs = read()
}, READ_EVERY_MS).unref()

Date.now = () => now() + offsetMs
globalThis.Date = new Proxy(Date, {
  construct: (target, args, of) => {
    // What a constructor returns is an object of its class.
    return Reflect.construct(target, args.length === 0 ? [Date.now()] : args, of) as Date
  },
})
