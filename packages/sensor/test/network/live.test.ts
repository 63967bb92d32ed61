import { equal, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import { NetworkSensor } from '@pomona/sensor'
import { MACHINE } from '../machine.ts'

const TCPDUMP = '/usr/bin/tcpdump'

/** Whether this machine may capture its own loopback traffic; why not, in words for the skip. */
function unable(): string | false {
  if (process.platform !== 'linux')
    return 'the live test knows the loopback interface of Linux only'
  if (!existsSync(TCPDUMP)) return `there is no ${TCPDUMP} here`
  const tried = spawnSync(TCPDUMP, ['-i', 'lo', '-c', '1', '-w', '/dev/null', 'port 1'], {
    timeout: 1_000,
  })
  const words = tried.stderr.toString()
  return words.includes('listening on') ? false : `tcpdump may not capture here: ${words.trim()}`
}

test('network sensor: a real tcpdump, a real connection', { skip: unable() }, async () => {
  const server = createServer((socket) => socket.end('hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  ok(typeof address === 'object' && address !== null)
  const { port } = address
  const sensor = new NetworkSensor(
    // Programs run in a folder and with an environment of their own: -Z root as nobody else exists.
    {
      command: { path: TCPDUMP, args: ['-i', 'lo', '-n', '-U', '-Z', 'root', '-w', '-'] },
      filter: `port ${port}`,
    },
    MACHINE,
  )
  sensor.start()
  const batches = sensor.batches()[Symbol.asyncIterator]()
  // The header of the capture is the sign that it has begun.
  while (sensor.counts()['network']?.bytes === 0) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const socket = connect(port, '127.0.0.1')
  socket.resume()
  const actions: string[] = []
  while (!actions.includes('disconnect_received')) {
    const batch = await batches.next()
    for (const record of batch.value?.records ?? []) {
      actions.push(record.action)
      equal(record.destination.port, port)
      if (record.action === 'disconnect_received') equal(record.destination.bytes, 5)
    }
  }
  equal(actions[0], 'connection_attempted')
  await sensor.stop()
  server.close()
})
