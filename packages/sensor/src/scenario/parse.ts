import { isMap, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml'
import type { ProgramDeclaration, Signing } from '../simulator/programs.ts'
import type { Scenario, ScenarioRead } from './scenario.ts'
import { Sheet } from './sheet.ts'
import { StepParser } from './steps.ts'

const TEXT_CHARACTERS_MAX = 1024 * 1024

const KEYS = [
  'id',
  'name',
  'description',
  'kind',
  'user',
  'references',
  'techniques',
  'tactics',
  'variables',
  'programs',
  'steps',
]
const SIGNINGS: readonly Signing[] = ['platform', 'developer-id', 'app-store', 'ad-hoc', 'unsigned']

/**
 * Reads a scenario file (YAML 1.2; see content/scenarios/README.md).
 *
 * @param source.path Where the text came from, for messages only.
 * @returns           The scenario, or every problem found, each with its line and the nearest
 *                    valid name.
 * @throws            Never.
 */
export function parseScenario(text: string, source: { readonly path: string }): ScenarioRead {
  const lines = new LineCounter()
  const sheet = new Sheet({ path: source.path, lines })
  const failed = (line: number, message: string): ScenarioRead => {
    sheet.problem(line, message)
    return { ok: false, problems: sheet.problems }
  }
  if (text.length > TEXT_CHARACTERS_MAX) {
    return failed(1, `The file has more than ${TEXT_CHARACTERS_MAX} characters.`)
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  // One mistake makes YAML complain to the end of the file; only the first of its complaints helps.
  const [error] = document.errors
  if (error !== undefined) {
    return failed(lines.linePos(error.pos[0]).line, `Not valid YAML: ${error.message}`)
  }
  const root = document.contents
  if (!isMap(root)) return failed(1, 'A scenario is a mapping; write `id:`, `steps:` and so on.')
  const scenario = new ScenarioParser(sheet).scenario(root)
  return sheet.problems.length > 0
    ? { ok: false, problems: sheet.problems }
    : { ok: true, scenario }
}

class ScenarioParser {
  readonly #sheet: Sheet

  constructor(sheet: Sheet) {
    this.#sheet = sheet
  }

  scenario(root: YAMLMap): Scenario {
    this.#sheet.checkKeys(root, KEYS, 'A scenario')
    this.#sheet.collectNames(root)
    const kind = this.#sheet.text(root, 'kind')
    if (kind !== 'attack' && kind !== 'benign') {
      this.#sheet.problem(
        this.#sheet.lineOf(root.get('kind', true) ?? root),
        '`kind` is attack or benign.',
      )
    }
    const user = root.has('user') ? this.#sheet.text(root, 'user') : 'console'
    if (user !== 'console' && user !== 'any') {
      this.#sheet.problem(this.#sheet.lineOf(root.get('user', true)), '`user` is console or any.')
    }
    const steps = root.get('steps', true)
    return {
      id: this.#sheet.text(root, 'id'),
      name: this.#sheet.text(root, 'name'),
      description: this.#sheet.text(root, 'description'),
      kind: kind === 'attack' ? 'attack' : 'benign',
      user: user === 'any' ? 'any' : 'console',
      references: this.#sheet.texts(root, 'references'),
      techniques: this.#sheet.texts(root, 'techniques'),
      tactics: this.#sheet.texts(root, 'tactics'),
      variables: this.#sheet.variableMap(root.get('variables', true)),
      programs: this.#programs(root.get('programs', true)),
      steps: new StepParser(this.#sheet).list(steps ?? root, 0),
      path: this.#sheet.path,
    }
  }

  #programs(node: unknown): readonly ProgramDeclaration[] {
    if (node === undefined) return []
    if (!isSeq(node)) {
      this.#sheet.problem(this.#sheet.lineOf(node), '`programs` must be a list.')
      return []
    }
    return node.items.flatMap((item) => {
      if (!isMap(item)) return []
      this.#sheet.checkKeys(item, ['path', 'signing', 'signing_id', 'team_id', 'size'], 'A program')
      const signing = SIGNINGS.find((known) => known === item.get('signing'))
      if (item.has('signing') && signing === undefined) {
        this.#sheet.problem(
          this.#sheet.lineOf(item),
          `\`signing\` is one of ${SIGNINGS.join(', ')}.`,
        )
      }
      const size = item.get('size')
      const signingId = item.get('signing_id')
      const teamId = item.get('team_id')
      return {
        path: this.#sheet.text(item, 'path'),
        ...(signing === undefined ? {} : { signing }),
        ...(typeof signingId === 'string' ? { signingId } : {}),
        ...(typeof teamId === 'string' ? { teamId } : {}),
        ...(typeof size === 'number' ? { sizeBytes: size } : {}),
      }
    })
  }
}
