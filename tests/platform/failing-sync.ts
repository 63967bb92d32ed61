/** A disk that says that it could not write: strace answers calls of fsync with EIO. */
import { spawnSync } from 'node:child_process'

/** Why syncs cannot be made to fail here, or `false`. */
export function failingSyncSkip(): string | false {
  if (process.platform !== 'linux') return 'needs strace, which is for Linux'
  const [program = '', ...words] = failingSync('1')
  const { status } = spawnSync(program, [...words, 'true'], { stdio: 'ignore' })
  return status === 0 ? false : 'strace is not installed or may not trace'
}

/**
 * The program with its arguments under which syncs fail. The process that is started is the one
 * that runs under it, so that signals reach it.
 *
 * @param when Which calls of each thread, as strace writes it: `5` the fifth, `5+` all from there
 *             on, `5+3` every third from there on.
 */
export function failingSync(when: string): readonly string[] {
  const calls = 'fsync,fdatasync'
  const inject = `inject=${calls}:error=EIO:when=${when}`
  return ['strace', '-D', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', inject]
}
