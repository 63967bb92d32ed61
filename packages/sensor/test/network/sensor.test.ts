import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import {
  NetworkSensor,
  type NetworkRecord,
  type NetworkSensorOptions,
  type SensedBatch,
} from '@pomona/sensor'
import { ManualTime, type Script, ScriptedCommands, WrittenCapture } from '@pomona/sensor/testing'
import { conversation, type Said, say, SYN, SYN_ACK } from './conversation.ts'

function sensing(options: NetworkSensorOptions = {}, script: Script = () => undefined) {
  const time = new ManualTime()
  const commands = new ScriptedCommands(time, script)
  const sensor = new NetworkSensor(options, { commands, clock: time, timer: time })
  const batches: SensedBatch<NetworkRecord>[] = []
  const read = (async () => {
    for await (const batch of sensor.batches()) batches.push(batch)
  })()
  sensor.start()
  const running = () => commands.started.find(({ isRunning }) => isRunning)
  return {
    time,
    commands,
    sensor,
    batches,
    running,
    health: () => sensor.health()[0],
    stop: async () => {
      await sensor.stop()
      await read
    },
  }
}

const CONVERSATION: readonly Said[] = [SYN, SYN_ACK]

test('network sensor: runs Apple’s tcpdump on the packet tap, with a filter', async () => {
  const { commands, time, stop } = sensing()
  await time.advance(0)
  const [started] = commands.started
  equal(started?.command.path, '/usr/sbin/tcpdump')
  const args = started?.command.args.join(' ') ?? ''
  match(args, /^-i pktap,all .*-U -P -w - /)
  match(args, /port 53/)
  await stop()
})

test('network sensor: records come in batches, numbered on over restarts', async () => {
  const { time, running, sensor, batches, commands, health, stop } = sensing({
    queue: { batchRecordsMax: 2 },
  })
  await time.advance(0)
  equal(health()?.state, 'starting')
  const capture = new WrittenCapture()
  for (let port = 1; port <= 3; port++) {
    say(capture, SYN, { atMs: port, pid: 42, client: { ip: '10.0.0.2', port } })
  }
  running()?.print(capture.bytes())
  equal(health()?.state, 'running')
  await time.advance(10)
  running()?.end({ code: 1 })
  equal(health()?.state, 'failed')
  await time.advance(60_000)
  equal(commands.started.length, 2)
  running()?.print(conversation(CONVERSATION))
  await time.advance(10)
  await stop()
  deepEqual(
    batches.map(({ records }) => records.map(({ sequence }) => sequence)),
    [[0, 1], [2], [3]],
  )
  deepEqual(
    batches.flatMap(({ gaps }) => gaps.map(({ reason }) => reason)),
    ['sensor_starting', 'sensor_restarted'],
  )
  equal(
    batches.every(({ sensed, records }) => sensed === records.length),
    true,
  )
  deepEqual(sensor.counts()['network'], {
    received: 4,
    sent: 4,
    discarded: {},
    held: 0,
    bytes: capture.bytes().length + conversation(CONVERSATION).length,
  })
  equal(health()?.state, 'off')
})

test('network sensor: beyond the queue records are dropped by type and time, and counted', async () => {
  const time = new ManualTime()
  const commands = new ScriptedCommands(time)
  const tools = { commands, clock: time, timer: time }
  const sensor = new NetworkSensor({ queue: { recordsMax: 2 } }, tools)
  sensor.start()
  await time.advance(0)
  const capture = new WrittenCapture()
  for (let port = 1; port <= 5; port++) {
    say(capture, SYN, { atMs: port * 1_000, client: { ip: '10.0.0.2', port } })
  }
  commands.started[0]?.print(capture.bytes())
  const batches: SensedBatch<NetworkRecord>[] = []
  await sensor.stop()
  for await (const batch of sensor.batches()) batches.push(batch)
  const [batch, ...more] = batches
  equal(more.length, 0)
  deepEqual([batch?.records.length, batch?.sensed], [2, 5])
  deepEqual(batch?.dropped, [
    {
      reason: 'queue_full',
      type: 'connection_attempted',
      count: 3,
      from: '2025-11-24T16:00:03.000000000Z',
      to: '2025-11-24T16:00:05.000000000Z',
    },
  ])
  const counts = sensor.counts()['network']
  deepEqual([counts?.received, counts?.sent, counts?.discarded], [5, 2, { queue_full: 3 }])
})

const failures = [
  {
    name: 'no permission',
    says: "tcpdump: pktap,all: You don't have permission to capture on that device\n((cannot open BPF device) /dev/bpf0: Permission denied)\n",
    want: 'packet_capture_missing',
  },
  {
    name: 'no permission, in the words of another release',
    says: "tcpdump: lo: You don't have permission to perform this capture on that device\n(socket: Operation not permitted)\n",
    want: 'packet_capture_missing',
  },
  {
    name: 'no packet tap',
    says: 'tcpdump: pktap,all: No such device exists\n',
    want: 'interface_missing',
  },
  {
    name: 'a filter that is none',
    says: "tcpdump: can't parse filter expression: syntax error\n",
    want: 'filter_invalid',
  },
  { name: 'another tcpdump', says: 'tcpdump: illegal option -- P\n', want: 'tcpdump_unknown' },
  {
    name: 'all devices in use',
    says: 'tcpdump: (no devices found) /dev/bpf7: Resource busy\n',
    want: 'devices_exhausted',
  },
  { name: 'nothing that is known', says: 'tcpdump: aliens\n', want: 'exits_at_once' },
]
for (const { name, says, want } of failures) {
  test(`network sensor: tells of ${name}`, async () => {
    const { time, health, stop } = sensing({}, (command) => {
      command.complain(says)
      command.end({ code: 1 })
    })
    await time.advance(100)
    deepEqual([health()?.state, health()?.problem?.code], ['failed', want])
    await stop()
  })
}

test('network sensor: tells that there is no tcpdump', async () => {
  const { time, health, stop } = sensing({}, (command) => command.end({ failure: 'not_found' }))
  await time.advance(100)
  equal(health()?.problem?.code, 'tcpdump_missing')
  await stop()
})

test('network sensor: what the system dropped is asked for, and counted once', async () => {
  const { time, commands, running, health, batches, stop } = sensing()
  await time.advance(60_000)
  equal(commands.started[0]?.asked, 1)
  const figures = (dropped: number): string =>
    `tcpdump: 9 packets captured, 99 packets received by filter, ${dropped} packets dropped by kernel\n`
  running()?.complain(figures(5).slice(0, 40))
  running()?.complain(figures(5).slice(40))
  equal(health()?.lost, 5)
  await time.advance(60_000)
  equal(commands.started[0]?.asked, 2)
  running()?.complain(figures(12))
  const capture = new WrittenCapture()
  say(capture, SYN, { atMs: 0 })
  running()?.print(capture.bytes())
  await time.advance(1)
  // At its end it says the same once more, in lines.
  running()?.complain(
    '9 packets captured\n99 packets received by filter\n14 packets dropped by kernel\n',
  )
  running()?.end({ code: 0 })
  await time.advance(60_000)
  running()?.complain(figures(1))
  await stop()
  deepEqual([health()?.lost, health()?.lost_by_type], [15, { packet: 15 }])
  equal(
    batches.reduce((sum, { lost }) => sum + lost, 0),
    15,
  )
})

test('network sensor: a capture whose framing is lost is begun anew', async () => {
  const { time, commands, running, batches, stop } = sensing()
  await time.advance(0)
  running()?.print(new WrittenCapture().bytes())
  running()?.print(Buffer.alloc(64, 1))
  await time.advance(10)
  equal(commands.started.length, 2)
  running()?.print(conversation(CONVERSATION))
  await time.advance(1)
  await stop()
  equal(batches.flatMap(({ records }) => records).length, 1)
})

test('network sensor: silence is told', async () => {
  const { time, running, health, stop } = sensing({ silence: { afterMs: 10_000 } })
  await time.advance(0)
  running()?.print(conversation(CONVERSATION))
  await time.advance(30_000)
  deepEqual([health()?.state, health()?.problem?.code], ['degraded', 'silent'])
  running()?.print(conversation([SYN]))
  equal(health()?.state, 'running')
  await stop()
})

test('network sensor: what a connection’s one side had ended is told when the program ends', async () => {
  const { time, running, batches, stop } = sensing()
  await time.advance(0)
  const fin: Said = { by: 'client', flags: 'FA', sequence: 1, acknowledgment: 1 }
  running()?.print(conversation([SYN, SYN_ACK, fin]))
  await time.advance(1)
  await stop()
  ok(
    batches
      .flatMap(({ records }) => records)
      .some(({ action }) => action === 'disconnect_received'),
  )
})
