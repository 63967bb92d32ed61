import { isInterpreter } from './program.ts'

/** What tells where something comes from. */
export interface OriginFacts {
  readonly name?: string | undefined
  readonly executable?: string | undefined
  readonly script?: string | undefined
  readonly platform: boolean
}

const BUNDLE = /\/([^/]+\.app)\/Contents\//
const CHARACTERS_MAX = 80

/** Path of the outermost application bundle that a file lies in. */
export function bundlePath(path: string): string | undefined {
  const found = BUNDLE.exec(path)
  if (found?.[1] === undefined) return undefined
  return path.slice(0, found.index + 1 + found[1].length)
}

/**
 * The name a person would give to a program: its application, the script an interpreter runs, or
 * the program itself. A tool of the system without a script says nothing.
 */
export function originOf({ name, executable, script, platform }: OriginFacts): string | undefined {
  const bundle = executable === undefined ? undefined : BUNDLE.exec(executable)?.[1]
  if (bundle !== undefined && !platform) return cut(bundle)
  if (script !== undefined && isInterpreter(name)) return cut(lastPart(script))
  if (platform || isInterpreter(name) || name === undefined) return undefined
  return cut(name)
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || path
}

function cut(text: string): string {
  return text.length <= CHARACTERS_MAX ? text : `${text.slice(0, CHARACTERS_MAX - 1)}…`
}
