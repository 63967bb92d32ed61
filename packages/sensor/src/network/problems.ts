import type { CommandEnd } from '../command/command.ts'
import type { SensorProblem } from '../sensor.ts'

interface Known {
  readonly marks: readonly string[]
  readonly problem: SensorProblem
}

const CAPTURE_MISSING: SensorProblem = {
  code: 'packet_capture_missing',
  message: 'tcpdump may not open the packet capture devices, /dev/bpf*.',
  remedy: 'Start the agent by launchd, as its package installs it: capturing takes root.',
}
const FILTER_INVALID: SensorProblem = {
  code: 'filter_invalid',
  message: 'tcpdump does not understand the packet filter.',
  remedy: 'Check the filter with tcpdump -d, or leave it at its default.',
}

const KNOWN: readonly Known[] = [
  {
    marks: ["don't have permission", 'Permission denied', 'Operation not permitted'],
    problem: CAPTURE_MISSING,
  },
  { marks: ["can't parse filter", 'syntax error', 'expression rejects'], problem: FILTER_INVALID },
  {
    marks: ['No such device', 'Device not configured', 'SIOCIFCREATE'],
    problem: {
      code: 'interface_missing',
      message: 'There is no packet tap (pktap) on this system.',
      remedy: 'Packets are attributed to processes by macOS alone; without it this sensor is off.',
    },
  },
  {
    marks: ['unrecognized option', 'illegal option', 'invalid option'],
    problem: {
      code: 'tcpdump_unknown',
      message: 'This tcpdump does not know the options of the one that comes with macOS.',
      remedy: 'Check that /usr/sbin/tcpdump is used.',
    },
  },
  {
    marks: ['Too many open files', 'Device busy', 'Resource busy'],
    problem: {
      code: 'devices_exhausted',
      message: 'All packet capture devices are in use.',
      remedy: 'Stop other programs that capture packets, or those left behind.',
    },
  },
]

/**
 * Tells from tcpdump's last words why it ended.
 *
 * @returns `undefined` when it said nothing known.
 */
export function tcpdumpProblem(
  lines: readonly string[],
  end: CommandEnd,
): SensorProblem | undefined {
  if (end.failure === 'not_found') {
    return { code: 'tcpdump_missing', message: 'There is no tcpdump here; it comes with macOS.' }
  }
  if (end.failure === 'not_permitted') return CAPTURE_MISSING
  const text = lines.join('\n')
  return KNOWN.find(({ marks }) => marks.some((mark) => text.includes(mark)))?.problem
}
