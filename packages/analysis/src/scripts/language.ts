import { isCompiledAppleScript } from './compiled-apple-script.ts'

/** What a script is written in. */
export type ScriptLanguage =
  | 'applescript'
  | 'applescript_compiled'
  | 'javascript'
  | 'perl'
  | 'php'
  | 'python'
  | 'ruby'
  | 'shell'
  | 'swift'

const INTERPRETERS: readonly (readonly [RegExp, ScriptLanguage])[] = [
  [/^(ba|z|da|k|tc|c|fi|a)?sh$/, 'shell'],
  [/^python[\d.]*$/, 'python'],
  [/^ruby[\d.]*$/, 'ruby'],
  [/^perl[\d.]*$/, 'perl'],
  [/^php[\d.]*$/, 'php'],
  [/^(node|deno|bun|jsc)$/, 'javascript'],
  [/^swift$/, 'swift'],
  [/^osascript$/, 'applescript'],
]

const ENDINGS: Readonly<Record<string, ScriptLanguage>> = {
  applescript: 'applescript',
  bash: 'shell',
  command: 'shell',
  js: 'javascript',
  jxa: 'javascript',
  mjs: 'javascript',
  php: 'php',
  pl: 'perl',
  py: 'python',
  pyw: 'python',
  rb: 'ruby',
  scpt: 'applescript',
  sh: 'shell',
  tool: 'shell',
  zsh: 'shell',
}

/** Names under which packages keep what the installer runs. */
const INSTALL_SCRIPTS = /^(pre|post)(install|upgrade|flight)$/

/** Beginnings that only one language has; looked for in the first lines. */
const MARKS: readonly (readonly [RegExp, ScriptLanguage])[] = [
  [/^\s*(?:use framework|tell application|on run\b|do shell script|set \w+ to )/m, 'applescript'],
  [/^\s*(?:import \w+|from [\w.]+ import|def \w+\(|exec\()/m, 'python'],
  [/^\s*(?:ObjC\.import|const \w+\s*=|var \w+\s*=|function \w*\(|\(function)/m, 'javascript'],
  [/^\s*(?:use strict;|my \$\w+|#!.*perl)/m, 'perl'],
  [/^\s*(?:require '[\w/]+'|puts )/m, 'ruby'],
  [/^\s*(?:if \[|for \w+ in |export \w+=|curl |echo |sudo |osascript |eval )/m, 'shell'],
]

const HEAD_BYTES = 4_096
const CONTROL_SHARE_MAX = 0.02

/** The language and interpreter of a script. */
export interface Language {
  readonly language: ScriptLanguage
  /** As the first line names it. */
  readonly interpreter?: string
}

/** What a file is written in; undefined when it is no script. @param name Without folders. */
export function languageOf(bytes: Uint8Array, name: string): Language | undefined {
  if (isCompiledAppleScript(bytes)) return { language: 'applescript_compiled' }
  if (!isText(bytes.subarray(0, HEAD_BYTES))) return undefined
  const head = Buffer.from(bytes.subarray(0, HEAD_BYTES))
    .toString('utf8')
    .replace(/^\ufeff/, '')
  const interpreter = interpreterOf(head)
  if (interpreter !== undefined) {
    const found = INTERPRETERS.find(([pattern]) => pattern.test(interpreter.program))
    const isJavaScript = found?.[1] === 'applescript' && interpreter.isJavaScript
    const language = isJavaScript ? 'javascript' : found?.[1]
    return { language: language ?? 'shell', interpreter: interpreter.line }
  }
  const ending = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).toLowerCase() : ''
  const named = ENDINGS[ending] ?? (INSTALL_SCRIPTS.test(name) ? 'shell' : undefined)
  if (named !== undefined) return { language: named }
  // Only files without an ending are guessed: documents quote scripts, too.
  if (ending !== '' && ending !== 'txt') return undefined
  const mark = MARKS.find(([pattern]) => pattern.test(head))
  return mark === undefined ? undefined : { language: mark[1] }
}

/** Whether bytes read as text: hardly any control characters. */
export function isText(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false
  let control = 0
  for (const byte of bytes) {
    if (byte === 0) return false
    if (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 27) control += 1
  }
  return control <= bytes.length * CONTROL_SHARE_MAX
}

function interpreterOf(head: string) {
  const match = /^#!\s*([^\n]{1,256})/.exec(head)
  const line = match?.[1]?.trim()
  if (line === undefined) return undefined
  const words = line.split(/\s+/)
  const first = words[0] ?? ''
  // After env come its options and assignments, then the program.
  const isEnv = first.endsWith('/env')
  const program = isEnv ? words.slice(1).find((word) => !/^-|=/.test(word)) : first
  const name = (program ?? '').slice((program ?? '').lastIndexOf('/') + 1)
  return { line, program: name, isJavaScript: /\bJavaScript\b/.test(line) }
}
