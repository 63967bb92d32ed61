/**
 * A defect for a server to have: loaded before it (`--import`), it makes the engine fail on the
 * events whose ids stand in `POMONA_TEST_POISON`. Started without it, the server is mended.
 */
import { Detector } from '@pomona/detect'

const poison = new Set((process.env['POMONA_TEST_POISON'] ?? '').split(' '))
const sound = Detector.prototype.process

Detector.prototype.process = function (this: Detector, event) {
  if (poison.has(event.event?.id ?? '')) throw new Error('a defect of the engine')
  return sound.call(this, event)
}
