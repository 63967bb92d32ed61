import { plistText } from './plist.ts'
import { EXECUTABLE, INSTALL_FOLDER, type Product } from './product.ts'

/** Where launchd puts what the agent says. */
export const LOG_PATH = '/Library/Logs/Pomona/agent.log'
/** What a person sets about the agent. */
export const CONFIG_PATH = `/${INSTALL_FOLDER}/agent.json`
/** The agent's own folder: identity, spool, ledger. */
export const STATE_FOLDER = `/${INSTALL_FOLDER}/state`

/**
 * The property list that keeps the agent running, whatever ends it. A crash loop is slowed to one
 * start in ten seconds; files it makes are for root alone.
 *
 * @see launchd.plist(5)
 */
export function launchdPlist({ bundleId }: Product): string {
  return plistText({
    Label: bundleId,
    ProgramArguments: [
      `/${EXECUTABLE}`,
      ...['--config', CONFIG_PATH],
      ...['--data-directory', STATE_FOLDER],
    ],
    RunAtLoad: true,
    KeepAlive: true,
    ThrottleInterval: 10,
    ExitTimeOut: 20,
    ProcessType: 'Interactive',
    Umask: 0o077,
    WorkingDirectory: '/',
    StandardErrorPath: LOG_PATH,
    SoftResourceLimits: { NumberOfFiles: 4_096 },
    HardResourceLimits: { NumberOfFiles: 8_192 },
    AssociatedBundleIdentifiers: [bundleId],
  })
}
