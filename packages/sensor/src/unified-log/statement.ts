/*
 * What messages of macOS say, in the forms that were seen in recordings or are documented:
 *
 *   sudo            maya : TTY=ttys002 ; PWD=/Users/maya ; USER=root ; COMMAND=/usr/bin/id
 *                   maya : 3 incorrect password attempts ; TTY=… ; PWD=… ; USER=root ; COMMAND=…
 *   sshd(-session)  Accepted publickey for maya from 10.0.0.7 port 51234 ssh2: …
 *                   Failed password for [invalid user] maya from 10.0.0.7 port 51234 ssh2
 *                   Invalid user admin from 10.0.0.7 port 51234
 *                   error: PAM: authentication error for [illegal user] maya from 10.0.0.7
 *   tccd            AUTHREQ_CTX: msgID=438.631, function=TCCAccessRequest, service=kTCCService…,
 *                   preflight=yes, …
 *                   AUTHREQ_RESULT: msgID=438.631, authValue=0, authReason=12, …
 *   syspolicyd      GK evaluateScanResult: 2, PST: (path: 9417be…), (team: (null)), (id: (null)),
 *                   (bundle_id: NOT_A_BUNDLE), 0, 0, 1, …
 *   mDNSResponder   [R372] getaddrinfo stop -- hostname: p4rK…==, client pid: 961 (com.apple.geod)
 *
 * Paths and names are hashed by macOS where they are private; a hash is kept as what it is.
 */

/** What a message says, by kind. */
export type LogStatement =
  | SudoStatement
  | SshStatement
  | TccContext
  | TccResult
  | GatekeeperScan
  | DnsClient

/** `sudo` ran a command, or refused to. */
export interface SudoStatement {
  readonly kind: 'sudo'
  readonly user: string
  /** Why it was refused; absent when it was not. */
  readonly refusal?: string
  readonly tty?: string
  readonly directory?: string
  readonly target?: string
  readonly command?: string
}

/** Someone signed in over SSH, or tried to. */
export interface SshStatement {
  readonly kind: 'ssh'
  readonly succeeded: boolean
  readonly user?: string
  /** The account does not exist. */
  readonly isUnknownUser: boolean
  /** publickey, password, keyboard-interactive/pam … */
  readonly method?: string
  readonly address: string
  readonly port?: number
}

/** A process asks for something that is private: what it asks for. */
export interface TccContext {
  readonly kind: 'tcc_context'
  readonly messageId: string
  readonly service: string
  /** Only asks what the answer would be. */
  readonly isPreflight: boolean
}

/** What was answered. */
export interface TccResult {
  readonly kind: 'tcc_result'
  readonly messageId: string
  /** 0 denied, 1 unknown, 2 allowed, 3 limited. */
  readonly value: number
  readonly reason?: number
}

/** Gatekeeper looked at a file. What its numbers mean is not documented. */
export interface GatekeeperScan {
  readonly kind: 'gatekeeper_scan'
  readonly result: number
  /** A hash: the path itself is private. */
  readonly pathHash?: string
  readonly teamId?: string
  readonly signingId?: string
  readonly bundleId?: string
}

/** A process asked for an address; which name is private. */
export interface DnsClient {
  readonly kind: 'dns_client'
  readonly pid: number
  readonly name?: string
  readonly nameHash?: string
}

/** Reads what a message says, by the program that wrote it; undefined where its form is unknown. */
export function statementOf({
  program,
  message,
}: {
  readonly program: string
  readonly message: string
}): LogStatement | undefined {
  if (program === 'sudo') return sudo(message)
  if (program === 'sshd' || program === 'sshd-session' || program === 'sshd-auth') {
    return ssh(message)
  }
  if (program === 'tccd') return tcc(message)
  if (program === 'syspolicyd') return gatekeeper(message)
  return program === 'mDNSResponder' ? dns(message) : undefined
}

const SUDO = /^\s{0,8}([^\s:;]{1,255}) : (.+)$/s
const SUDO_FIELD = /^(TTY|PWD|USER|GROUP|TSID|ENV|COMMAND|HOST|CHROOT)=(.*)$/s

function sudo(message: string): SudoStatement | undefined {
  const [, user, rest] = SUDO.exec(message) ?? []
  if (user === undefined || rest === undefined) return undefined
  // The command comes last and may hold the separator itself.
  const at = rest.indexOf('COMMAND=')
  const head = at < 0 ? rest : rest.slice(0, at)
  const fields = new Map<string, string>()
  let refusal: string | undefined
  for (const part of head.split(' ; ', 16)) {
    const [, name, value] = SUDO_FIELD.exec(part.trim()) ?? []
    if (name !== undefined && value !== undefined) fields.set(name, value)
    else if (part.trim() !== '') refusal ??= part.trim()
  }
  if (!fields.has('USER') || !fields.has('PWD')) return undefined
  const command = at < 0 ? undefined : rest.slice(at + 'COMMAND='.length)
  return {
    kind: 'sudo',
    user,
    ...(refusal !== undefined && { refusal }),
    ...named('tty', fields.get('TTY')),
    ...named('directory', fields.get('PWD')),
    ...named('target', fields.get('USER')),
    ...named('command', command),
  }
}

const SSH_FORMS: readonly { readonly form: RegExp; readonly succeeded: boolean }[] = [
  {
    form: /^Accepted (?<method>[\w/-]{1,64}) for (?<user>\S{1,255}) from (?<address>\S{1,64}) port (?<port>\d{1,5})\b/,
    succeeded: true,
  },
  {
    form: /^Failed (?<method>[\w/-]{1,64}) for (?<unknown>invalid user )?(?<user>\S{0,255}) ?from (?<address>\S{1,64}) port (?<port>\d{1,5})\b/,
    succeeded: false,
  },
  {
    form: /^(?<unknown>Invalid user) (?<user>\S{0,255}) ?from (?<address>\S{1,64})(?: port (?<port>\d{1,5}))?\b/,
    succeeded: false,
  },
  {
    form: /^error: PAM: authentication error for (?<unknown>illegal user )?(?<user>\S{1,255}) from (?<address>\S{1,64})/,
    succeeded: false,
  },
]
const PORT_MAX = 65_535

function ssh(message: string): SshStatement | undefined {
  for (const { form, succeeded } of SSH_FORMS) {
    const groups = form.exec(message)?.groups
    const address = groups?.['address']
    if (groups === undefined || address === undefined) continue
    const port = Number(groups['port'])
    return {
      kind: 'ssh',
      succeeded,
      isUnknownUser: groups['unknown'] !== undefined,
      address,
      ...named('user', groups['user']),
      ...named('method', groups['method']),
      ...(port > 0 && port <= PORT_MAX && { port }),
    }
  }
  return undefined
}

const TCC_FIELD = /(?:^|, )(\w{1,32})=([^,]{0,255})/g

function tcc(message: string): TccContext | TccResult | undefined {
  const isContext = message.startsWith('AUTHREQ_CTX: ')
  if (!isContext && !message.startsWith('AUTHREQ_RESULT: ')) return undefined
  const fields = new Map<string, string>()
  const list = message.slice(message.indexOf(' ') + 1)
  for (const [, name, value] of list.matchAll(TCC_FIELD)) {
    if (name !== undefined && value !== undefined && !fields.has(name)) fields.set(name, value)
  }
  const messageId = fields.get('msgID')
  if (messageId === undefined) return undefined
  const service = fields.get('service')
  if (isContext) {
    if (service === undefined) return undefined
    return {
      kind: 'tcc_context',
      messageId,
      service,
      isPreflight: fields.get('preflight') === 'yes',
    }
  }
  const value = wholeOf(fields.get('authValue'))
  const reason = wholeOf(fields.get('authReason'))
  if (value === undefined) return undefined
  return { kind: 'tcc_result', messageId, value, ...(reason !== undefined && { reason }) }
}

const GATEKEEPER =
  /^GK evaluateScanResult: (\d{1,9}), PST: \(path: ([^)]{1,255})\), \(team: (.{1,255}?)\), \(id: (.{1,255}?)\), \(bundle_id: (.{1,255}?)\), \d/

function gatekeeper(message: string): GatekeeperScan | undefined {
  const [, result, path, team, id, bundle] = GATEKEEPER.exec(message) ?? []
  if (result === undefined) return undefined
  return {
    kind: 'gatekeeper_scan',
    result: Number(result),
    ...named('pathHash', known(path)),
    ...named('teamId', known(team)),
    ...named('signingId', known(id)),
    ...named('bundleId', known(bundle)),
  }
}

const DNS =
  /^\[R\d{1,12}\] getaddrinfo start -- .{0,512}?hostname: ([^,]{1,512}), .{0,512}?client pid: (\d{1,9}) \(([^)]{1,255})\)/

function dns(message: string): DnsClient | undefined {
  const [, hash, pid, name] = DNS.exec(message) ?? []
  const number = wholeOf(pid)
  if (number === undefined) return undefined
  return {
    kind: 'dns_client',
    pid: number,
    ...named('name', name),
    ...named('nameHash', known(hash)),
  }
}

// How the log writes what is not there, or not to be seen.
function known(text: string | undefined): string | undefined {
  const isNothing =
    text === undefined || /^(?:\(null\)|<private>|NOT_A_BUNDLE|<mask\.hash: \(null\)>)$/.test(text)
  return isNothing ? undefined : text
}

function wholeOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function named<Name extends string>(
  name: Name,
  value: string | undefined,
): Partial<Record<Name, string>> {
  if (value === undefined || value === '') return {}
  const entry: Partial<Record<Name, string>> = {}
  entry[name] = value
  return entry
}
