import type { Options } from '../command-line.ts'

/** A flag for every key of an app's configuration; environment and file have the same names. */
export function settingsOptions(
  shape: Readonly<Record<string, { readonly description?: string | undefined }>>,
): Options {
  const keys = Object.entries(shape).map(([key, { description = '' }]) => [
    key.replaceAll('_', '-'),
    { type: 'string', value: 'VALUE', description },
  ])
  return {
    config: { type: 'string', value: 'FILE', description: 'JSON file with the settings below.' },
    ...Object.fromEntries(keys),
  }
}
