/** The least an agent does: repeat a delivery until the server says that it is stored. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Delivery } from './mac.ts'
import { INGEST_TOKEN } from './server-process.ts'

/** Posts one delivery again and again until the server says that it is stored. */
export async function deliver(delivery: Delivery, port: number): Promise<void> {
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/ingest/batches`, {
        method: 'POST',
        headers: { authorization: `Bearer ${INGEST_TOKEN}`, 'content-type': 'application/json' },
        body: delivery.body,
      })
      const answer = await response.text()
      if (response.status === 200 || response.status === 201) return
      if (response.status < 500 && response.status !== 429) throw new Error(`refused: ${answer}`)
    } catch (error) {
      // fetch reports a dead or dying server as a TypeError; anything else is a finding.
      if (!(error instanceof TypeError)) throw error
    }
    await sleep(20)
  }
}
