import { type Command, EXIT } from '../command-line.ts'
import { version } from '../version.ts'

/** `pomona version`, also `pomona --version`. */
export const versionCommand: Command = {
  name: 'version',
  summary: 'Print the version.',
  operands: '',
  options: {},
  run(_input, { output }) {
    output.line(`pomona ${version()} on Node ${process.versions.node}`)
    return Promise.resolve(EXIT.done)
  },
}
