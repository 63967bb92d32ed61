import type { CommandEnd } from '../command/command.ts'
import type { SensorProblem } from '../sensor.ts'

/** The configuration profile that grants Full Disk Access, by its payload. */
export const FULL_DISK_ACCESS_PROFILE =
  'com.apple.TCC.configuration-profile-policy (SystemPolicyAllFiles)'

interface Known {
  readonly marks: readonly string[]
  problem(binary: string): SensorProblem
}

// The results of `es_new_client`, which eslogger prints; `NOT_PERMITTED` is not part of the others.
const KNOWN: readonly Known[] = [
  {
    marks: ['RESULT_ERR_NOT_PERMITTED'],
    problem: (binary) => ({
      code: 'full_disk_access_missing',
      message: `Full Disk Access missing for ${binary}.`,
      remedy:
        `Grant Full Disk Access to ${binary} by the profile, or in System Settings, ` +
        'Privacy & Security. A build with another signature needs it anew.',
      profile: FULL_DISK_ACCESS_PROFILE,
    }),
  },
  {
    marks: ['RESULT_ERR_NOT_PRIVILEGED'],
    problem: (binary) => ({
      code: 'root_missing',
      message: `${binary} does not run as root, which Endpoint Security asks for.`,
      remedy: 'Start the agent by launchd, as its package installs it.',
    }),
  },
  {
    marks: ['RESULT_ERR_NOT_ENTITLED'],
    problem: () => ({
      code: 'entitlement_missing',
      message: 'eslogger lacks its entitlement: it is not the one that came with macOS.',
      remedy: 'Check that /usr/bin/eslogger is used and System Integrity Protection is on.',
    }),
  },
  {
    marks: ['RESULT_ERR_TOO_MANY_CLIENTS'],
    problem: () => ({
      code: 'clients_exhausted',
      message: 'Too many Endpoint Security clients run on this Mac.',
      remedy: 'Stop other products that watch this Mac, or eslogger processes left behind.',
    }),
  },
]

/**
 * Tells from eslogger's last words why it ended.
 *
 * @param binary Who macOS holds responsible for eslogger: the program that permissions are given
 *               to, which is the agent's own.
 * @returns      `undefined` when it said nothing known.
 */
export function esloggerProblem(
  lines: readonly string[],
  { end, binary }: { readonly end: CommandEnd; readonly binary: string },
): SensorProblem | undefined {
  if (end.failure === 'not_found') {
    return {
      code: 'eslogger_missing',
      message: 'There is no eslogger here; it comes with macOS 13 and later.',
    }
  }
  const text = lines.join('\n')
  const known = KNOWN.find(({ marks }) => marks.some((mark) => text.includes(mark)))
  return known?.problem(binary)
}
