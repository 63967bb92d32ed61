import type { UnifiedLogRecord } from '../unified-log/record.ts'
import { statementOf } from '../unified-log/statement.ts'
import { redactArguments } from './arguments.ts'
import { redactText } from './text.ts'

const COMMAND = /(?<=\bCOMMAND=).+$/s

/**
 * Blanks out secrets in a message of the log, above all in the commands that `sudo` writes there.
 *
 * @returns The same record when there is none.
 */
export function redactLogRecord(record: UnifiedLogRecord): UnifiedLogRecord {
  const message = redactText(record.message.replace(COMMAND, redactCommand))
  if (message === record.message) return record
  const { path } = record.process
  const program = path.slice(path.lastIndexOf('/') + 1)
  const statement = statementOf({ program, message })
  // What stands joined from two messages is not in this one.
  const isJoined = record.statement?.kind === 'tcc_request'
  return {
    ...record,
    message,
    text: withMessage(record.text, message),
    ...(statement !== undefined && !isJoined && { statement }),
  }
}

// The log joins arguments by blanks; where one held a blank its parts are looked at alone.
function redactCommand(command: string): string {
  return redactArguments(command.split(' ')).join(' ')
}

function withMessage(text: string, message: string): string {
  const value: unknown = JSON.parse(text)
  return JSON.stringify({ ...Object(value), eventMessage: message })
}
