import type { ProgramDeclaration } from '../simulator/programs.ts'

/** Values of a step as written, templates not yet filled in. */
export type Params = Readonly<Record<string, unknown>>

/** A length of time that is drawn anew each time: both bounds equal for a fixed one. */
export interface Span {
  readonly minNs: number
  readonly maxNs: number
}

/** How a variable gets its value, once a run of the scenario (or once a turn of a `repeat`). */
export type Variable =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'pick'; readonly from: readonly string[] }
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'hex'; readonly digits: number }

/** One step; `line` is its place in the file. */
export interface Step {
  readonly line: number
  /** Pause before the step; a few milliseconds when absent. */
  readonly after?: Span
  /** Probability of the step being played at all. */
  readonly chance?: number
  readonly action: Action
}

/** What a step does. `params` are checked names, values are checked when played. */
export type Action =
  | { readonly kind: 'exec' | 'run' | 'launch'; readonly params: Params }
  | { readonly kind: 'fork' | 'exit' | 'save' | 'copy'; readonly params: Params }
  | { readonly kind: 'wait'; readonly span: Span }
  | { readonly kind: 'event'; readonly type: string; readonly params: Params }
  | { readonly kind: 'steps'; readonly steps: readonly Step[] }
  | {
      readonly kind: 'repeat'
      readonly min: number
      readonly max: number
      readonly as: string
      readonly variables: ReadonlyMap<string, Variable>
      readonly steps: readonly Step[]
    }

/**
 * A story told as steps on a simulated Mac; the file format is described in
 * content/scenarios/README.md.
 */
export interface Scenario {
  readonly id: string
  readonly name: string
  readonly description: string
  /** Whether detections should find it or stay silent. */
  readonly kind: 'attack' | 'benign'
  /** Whose session it plays in: the console's owner, or any of the host's users. */
  readonly user: 'console' | 'any'
  /** Public reporting the story follows. */
  readonly references: readonly string[]
  /** ATT&CK technique ids. */
  readonly techniques: readonly string[]
  /** ATT&CK tactics that detections are expected to show; empty for benign scenarios. */
  readonly tactics: readonly string[]
  readonly variables: ReadonlyMap<string, Variable>
  readonly programs: readonly ProgramDeclaration[]
  readonly steps: readonly Step[]
  /** File it came from, as given to the parser. */
  readonly path: string
}

/** Something wrong in a scenario file. */
export interface ScenarioProblem {
  readonly path: string
  /** From 1. */
  readonly line: number
  readonly message: string
}

/** A scenario, or everything that is wrong with its file. */
export type ScenarioRead =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly problems: readonly ScenarioProblem[] }
