import type { EcsEvent } from '@pomona/schema'
import { type Command, EXIT } from '../command-line.ts'
import { printable } from '../printable.ts'
import { addCounts, isUnread, RecordedEvents, recordings, unreadLines } from '../recording.ts'

/** `pomona normalize`: what a recording becomes before any rule sees it. */
export const normalizeCommand: Command = {
  name: 'normalize',
  summary: 'Turn recorded eslogger streams into ECS events, one a line.',
  operands: 'FILE…',
  options: {
    json: { type: 'boolean', description: 'One ECS event a line instead of one sentence a line.' },
    host: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      description: 'Name of the Mac; once for all files, or once a file.',
    },
    'no-original': { type: 'boolean', description: 'Leave the raw record out of event.original.' },
  },
  async run(input, { output, say }) {
    const asJson = input.flag('json')
    const discarded = new Map<string, number>()
    let events = 0
    let failed = false
    for (const recording of recordings({ paths: input.operands, hosts: input.texts('host') })) {
      const recorded = await RecordedEvents.open(recording, {
        original: !input.flag('no-original'),
      })
      for await (const batch of recorded.batches()) {
        events += batch.length
        for (const event of batch) {
          if (asJson) output.json(event)
          else output.line(sentence(event))
        }
        await output.drain()
      }
      const { reader, normalizer } = recorded.counts()
      addCounts(discarded, reader.discarded)
      addCounts(discarded, normalizer.discarded)
      for (const line of unreadLines(recording, recorded)) say(line)
      if (!isUnread(reader)) continue
      failed = true
      say(`${recording.path} holds no eslogger record.`)
    }
    const reasons = [...discarded].map(([reason, count]) => `, ${count} ${reason}`).join('')
    say(`${events} events${reasons}`)
    return failed ? EXIT.failed : EXIT.done
  },
}

function sentence({ '@timestamp': time, event, process, file }: EcsEvent): string {
  const actor = `${process?.executable ?? process?.name ?? '?'}[${process?.pid ?? '?'}]`
  const detail = event?.action === 'exec' ? process?.command_line : file?.path
  const parts = [time ?? '', event?.action ?? '', actor, detail ?? '']
  return parts
    .map((part) => printable(part))
    .join('  ')
    .trimEnd()
}
