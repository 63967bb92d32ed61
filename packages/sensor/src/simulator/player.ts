import { SensorError } from '../errors.ts'
import type { Action, Params, Scenario, Span, Step } from '../scenario/scenario.ts'
import { BODIES } from './bodies.ts'
import { FILE_EFFECTS } from './file-effects.ts'
import { Variables } from './variables.ts'
import { bodyText } from './body-writer.ts'
import type { SimulatedUser } from './host.ts'
import { jsonText } from './json.ts'
import { cacheOf, homeOf, rootCredentials, temporaryOf, type Mac } from './mac.ts'
import { AUID_UNSET, type ExecOptions, type SimulatedProcess } from './processes.ts'
import { programPath } from './programs.ts'

/** Pause before a step that says nothing about it. */
const PAUSE: Span = { minNs: 3_000_000, maxNs: 60_000_000 }
/** How long a `run` lives that says nothing about it. */
const RUN: Span = { minNs: 8_000_000, maxNs: 120_000_000 }
const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }
const CPU_ARM64 = 16_777_228
const CPU_ARM64E = -2_147_483_646

// Steps that take no time of their own.
type InstantAction =
  | { readonly kind: 'fork' | 'exit' | 'save' | 'copy'; readonly params: Params }
  | Extract<Action, { readonly kind: 'event' }>

/** Plays one scenario on a Mac, step by step. */
export class Player {
  readonly #mac: Mac
  readonly #scenario: Scenario
  readonly #user: SimulatedUser
  readonly #processes = new Map<string, SimulatedProcess>()
  readonly #started: SimulatedProcess[] = []
  readonly #variables: Variables
  #line = 0

  constructor(mac: Mac, options: { readonly scenario: Scenario; readonly user: SimulatedUser }) {
    this.#mac = mac
    this.#scenario = options.scenario
    this.#user = options.user
    this.#variables = new Variables(mac.prng, (message) => this.#fail(message))
    const { user } = options
    this.#variables.set('user', user.name)
    this.#variables.set('uid', user.uid)
    this.#variables.set('home', homeOf(user))
    this.#variables.set('host', mac.host.name)
    this.#variables.set('temporary', temporaryOf(user))
    this.#variables.set('cache', cacheOf(user))
    this.#variables.draw(options.scenario.variables)
    for (const program of options.scenario.programs) {
      mac.programs.declare({ ...program, path: this.#variables.fill(program.path) })
    }
  }

  /** The whole story; yields the pauses between its steps in nanoseconds. */
  *play(): Generator<number, void> {
    yield* this.#steps(this.#scenario.steps)
  }

  /** Ends every process that the story left running, children first. */
  leave(): void {
    for (const process of this.#started.toReversed()) {
      if (process.alive) this.#end(process, 0)
    }
  }

  *#steps(steps: readonly Step[]): Generator<number, void> {
    for (const step of steps) {
      if (step.chance !== undefined && !this.#mac.prng.chance(step.chance)) continue
      yield this.#span(step.after ?? PAUSE)
      this.#line = step.line
      yield* this.#act(step.action)
    }
  }

  *#act(action: Action): Generator<number, void> {
    switch (action.kind) {
      case 'wait':
        yield this.#span(action.span)
        return
      case 'steps':
        yield* this.#steps(action.steps)
        return
      case 'repeat': {
        const turns = this.#mac.prng.between({ min: action.min, max: action.max })
        for (let turn = 1; turn <= turns; turn++) {
          this.#variables.set(action.as, turn)
          this.#variables.draw(action.variables)
          yield* this.#steps(action.steps)
        }
        return
      }
      case 'run': {
        const params = this.#variables.fillParams(action.params)
        const process = yield* this.#exec(params)
        // Sound: the parser turned `for` into a span.
        yield this.#span((params['for'] as Span | undefined) ?? RUN)
        this.#end(process, this.#waitStatus(params))
        return
      }
      case 'exec':
        yield* this.#exec(this.#variables.fillParams(action.params))
        return
      case 'launch':
        yield* this.#launch(this.#variables.fillParams(action.params))
        return
      case 'fork':
      case 'exit':
      case 'save':
      case 'copy':
      case 'event':
        this.#instant(action)
    }
  }

  #instant(action: InstantAction): void {
    const params = this.#variables.fillParams(action.params)
    switch (action.kind) {
      case 'fork':
        this.#name(params, this.#fork(this.#process(params['parent']), params))
        return
      case 'exit':
        this.#end(this.#process(params['process']), this.#waitStatus(params))
        return
      case 'save':
        this.#save(params)
        return
      case 'copy':
        this.#copy(params)
        return
      case 'event':
        this.#event(action.type, params)
    }
  }

  // ---- processes ----

  *#exec(params: Params): Generator<number, SimulatedProcess> {
    const inPlace = params['in']
    const process =
      inPlace === undefined
        ? this.#fork(this.#process(params['parent'] ?? 'zsh'), params)
        : this.#process(inPlace)
    if (inPlace === undefined) yield this.#mac.prng.between({ min: 200_000, max: 2_500_000 })
    const args = this.#args(params)
    const path = programPath(this.#textOr(params['path'], args[0] ?? ''))
    this.#load(process, { path, args, params })
    // /bin/sh only finds out which shell stands behind it and becomes that one, in the same
    // process.
    if (path === '/bin/sh') this.#load(process, { path: '/bin/bash', args, params })
    this.#name(params, process)
    return process
  }

  *#launch(params: Params): Generator<number, void> {
    const path = this.#textOr(params['path'], '')
    const kind = this.#textOr(params['kind'], path.includes('.app/') ? 'app' : 'agent')
    const service = this.#textOr(params['service'], this.#mac.programs.find(path).signingId)
    const user = params['user'] === 'root' || kind === 'daemon' ? ROOT : this.#user
    const isRoot = user.uid === 0
    const process = this.#fork(this.#mac.launchd, params, isRoot ? ROOT : user)
    yield this.#mac.prng.between({ min: 300_000, max: 1_500_000 })
    const label =
      kind === 'app' ? `application.${service}.${this.#mac.prng.next() % 90_000_000}` : service
    const proxy = '/usr/libexec/xpcproxy'
    this.#load(process, { path: proxy, args: ['xpcproxy', label], params: {} }, ['XPC_FLAGS=0x0'])
    yield this.#mac.prng.between({ min: 800_000, max: 6_000_000 })
    this.#mac.processes.lead(process, isRoot ? 'own' : 'first')
    const args = params['args'] === undefined ? [path] : this.#args(params)
    this.#load(process, { path, args, params })
    this.#name(params, process)
  }

  #fork(parent: SimulatedProcess, params: Params, user?: SimulatedUser): SimulatedProcess {
    const mac = this.#mac
    if (!parent.alive) this.#fail(`The parent (pid ${parent.pid}) has ended.`)
    mac.pass({ min: 20, max: 400 })
    const tty = params['tty'] === 'new' ? mac.openTerminal() : undefined
    const responsible = params['responsible']
    const credentials =
      user === undefined
        ? this.#credentials(parent, params)
        : user.uid === 0
          ? rootCredentials()
          : mac.credentials(user)
    const child = mac.processes.fork(parent, {
      atNs: mac.nowNs,
      credentials,
      ...(tty === undefined ? {} : { tty }),
      ...(responsible === undefined ? {} : { responsible: this.#process(responsible) }),
    })
    // A shell with a terminal runs each command in a group of its own.
    if (parent.tty !== undefined && parent.args[0]?.startsWith('-') === true) {
      mac.processes.lead(child, 'same')
    }
    if (tty !== undefined) mac.processes.lead(child, 'own')
    mac.record({ type: 'fork', process: parent, body: `{"child":${mac.processes.text(child)}}` })
    this.#started.push(child)
    return child
  }

  #credentials(parent: SimulatedProcess, params: Params): SimulatedProcess['credentials'] {
    const name = params['user']
    if (name === undefined) return parent.credentials
    const { auid, asid } = parent.credentials
    if (name === 'root') return { auid, euid: 0, egid: 0, ruid: 0, rgid: 0, asid }
    const user = this.#mac.host.users.find((known) => known.name === name)
    if (user === undefined) return this.#fail(`The host has no user \`${this.#textOr(name, '')}\`.`)
    // Whoever signs in gets an audit session of their own; sudo and su keep the one they came from.
    return auid === AUID_UNSET
      ? this.#mac.credentials(user)
      : { ...this.#mac.credentials(user), auid, asid }
  }

  #load(
    process: SimulatedProcess,
    image: { readonly path: string; readonly args: readonly string[]; readonly params: Params },
    env?: readonly string[],
  ): void {
    const mac = this.#mac
    const { path, args, params } = image
    const old = mac.processes.text(process)
    const cwd = this.#textOr(params['cwd'], process.cwd)
    const options: ExecOptions = {
      program: mac.programs.find(path),
      args,
      env: env ?? this.#env(process, params),
      cwd,
    }
    mac.processes.exec(process, options)
    const script = params['script']
    const file = typeof script === 'string' ? mac.files.file(script) : 'null'
    const cpu = mac.programs.find(path).platform ? CPU_ARM64E : 0
    const fds = [0, 1, 2].map((fd) => `{"fd":${fd},"fdtype":${process.tty === undefined ? 6 : 1}}`)
    const entitlements =
      mac.version >= 11 ? `,"entitlements":${jsonText(this.#entitlements(process))}` : ''
    mac.recordAs({
      type: 'exec',
      process: old,
      thread: process.threadId,
      body:
        `{"target":${mac.processes.text(process)},"args":${jsonText(args)},` +
        `"env":${jsonText(options.env)},"cwd":${mac.files.folder(cwd)},` +
        `"fds":[${fds.join(',')}],"last_fd":2,"script":${file},` +
        `"image_cputype":${CPU_ARM64},"image_cpusubtype":${cpu},` +
        `"dyld_exec_path":${jsonText(path)}${entitlements}}`,
    })
  }

  #entitlements({ program }: SimulatedProcess): Readonly<Record<string, unknown>> {
    if (program.platform) return { 'platform-application': true }
    if (program.signing !== 'app-store') return {}
    return { 'com.apple.security.app-sandbox': true, 'com.apple.security.network.client': true }
  }

  #env(process: SimulatedProcess, params: Params): readonly string[] {
    const user = process.credentials.euid === 0 ? ROOT : this.#user
    const env = this.#mac.environment(user, process.tty)
    const own = params['env']
    if (typeof own !== 'object' || own === null) return env
    return [...env, ...Object.entries(own).map(([key, value]) => `${key}=${String(value)}`)]
  }

  #end(process: SimulatedProcess, status: number): void {
    if (!process.alive) this.#fail(`The process (pid ${process.pid}) has already ended.`)
    this.#mac.record({ type: 'exit', process, body: `{"stat":${status}}` })
    this.#mac.processes.exit(process)
  }

  // The wait status: the exit code in the second byte, or the signal in the first.
  #waitStatus(params: Params): number {
    const { signal, status } = params
    if (typeof signal === 'string') return SIGNALS[signal] ?? this.#fail(`No signal ${signal}.`)
    if (typeof signal === 'number') return signal & 127
    return (Number(status ?? 0) & 255) << 8
  }

  // ---- files and other events ----

  #save(params: Params): void {
    const { by, mode } = params
    const target = this.#textOr(params['path'], '')
    const size = params['size'] ?? this.#mac.prng.between({ min: 120, max: 90_000 })
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      return this.#fail('`size` must be a whole number of bytes.')
    }
    this.#event('create', { by, path: target })
    const change = {
      atNs: this.#mac.nowNs,
      sizeBytes: size,
      ...(typeof mode === 'number' ? { mode } : {}),
    }
    this.#mac.files.change(target, change)
    this.#event('close', { by, target, modified: true })
    if (params['quarantine'] !== true) return
    this.#event('setextattr', { by, target, extattr: 'com.apple.quarantine' })
  }

  #copy(params: Params): void {
    const { by } = params
    const from = this.#textOr(params['from'], '')
    this.#event('open', { by, file: from, fflag: 1 })
    this.#save({ by, path: params['to'], size: this.#mac.files.sizeBytes(from) })
    this.#event('close', { by, target: from })
  }

  #event(type: string, params: Params): void {
    const mac = this.#mac
    const by = params['by'] === undefined ? undefined : this.#process(params['by'])
    const reporterName = params['reporter'] ?? BODIES[type]?.reporter
    const reporter = reporterName === undefined ? by : this.#process(reporterName)
    if (reporter === undefined) return this.#fail(`\`${type}\` needs \`by\`.`)
    if (!reporter.alive) return this.#fail(`\`${String(params['by'])}\` has ended.`)
    const before = FILE_EFFECTS[type]?.before
    before?.(mac, params, by ?? reporter)
    mac.pass({ min: 4, max: 90 })
    const body = bodyText(mac, {
      type,
      params,
      by,
      uid: this.#user.uid,
      process: (name) => this.#process(name),
      fail: (message) => this.#fail(message),
    })
    mac.record({ type, process: reporter, body })
    FILE_EFFECTS[type]?.after?.(mac, params, by ?? reporter)
  }

  // ---- names, variables, templates ----

  #process(name: unknown): SimulatedProcess {
    const known = this.#processes.get(String(name)) ?? this.#mac.resident(String(name), this.#user)
    return known ?? this.#fail(`No process is called \`${String(name)}\` yet.`)
  }

  #name(params: Params, process: SimulatedProcess): void {
    const name = params['as']
    if (typeof name === 'string') this.#processes.set(name, process)
  }

  #args(params: Params): readonly string[] {
    const args = params['args']
    if (!Array.isArray(args) || args.length === 0)
      return this.#fail('`args` must be a list of words.')
    return args.map(String)
  }

  #textOr(value: unknown, fallback: string): string {
    return typeof value === 'string' ? value : fallback
  }

  #span(span: Span): number {
    return this.#mac.prng.between({ min: span.minNs, max: span.maxNs })
  }

  #fail(message: string): never {
    const { path } = this.#scenario
    const line = this.#line
    throw new SensorError('ERR_SCENARIO_INVALID', `${path}:${line}: ${message}`, {
      details: { path, line },
    })
  }
}

const ROOT: SimulatedUser = { name: 'root', uid: 0 }
