import { hash32 } from './prng.ts'
import { createHash } from 'node:crypto'

/** How a program is signed, as far as Endpoint Security tells. */
export type Signing = 'platform' | 'developer-id' | 'app-store' | 'ad-hoc' | 'unsigned'

/** What a scenario may say about a program that the catalogue does not know, or knows otherwise. */
export interface ProgramDeclaration {
  readonly path: string
  readonly signing?: Signing
  readonly signingId?: string
  readonly teamId?: string
  readonly sizeBytes?: number
}

/** A program as its processes report it. */
export interface Program {
  readonly path: string
  readonly signing: Signing
  /** Empty when unsigned. */
  readonly signingId: string
  readonly teamId: string | undefined
  readonly platform: boolean
  readonly flags: number
  /** Upper-case hex, as eslogger writes it. */
  readonly cdhash: string
  readonly sizeBytes: number
  /** Runs as its owner, root. */
  readonly setuid: boolean
  /** Value of `cs_validation_category`. */
  readonly category: number
}

type Known = readonly [prefix: string, signing: Signing, signingId: string, teamId?: string]

// Third-party programs by path prefix; the identities are those their makers publish.
const KNOWN: readonly Known[] = [
  ['/Applications/Google Chrome.app/', 'developer-id', 'com.google.Chrome', 'EQHXZ8M8AV'],
  [
    '/Library/Application Support/Google/GoogleUpdater/',
    'developer-id',
    'com.google.GoogleUpdater',
    'EQHXZ8M8AV',
  ],
  ['/Applications/Firefox.app/', 'developer-id', 'org.mozilla.firefox', '43AQ936H96'],
  ['/Applications/Slack.app/', 'developer-id', 'com.tinyspeck.slackmacgap', 'BQR82RBBHL'],
  ['/Applications/Visual Studio Code.app/', 'developer-id', 'com.microsoft.VSCode', 'UBF8T346G9'],
  ['/Applications/Microsoft Word.app/', 'app-store', 'com.microsoft.Word', 'UBF8T346G9'],
  ['/Applications/Microsoft Excel.app/', 'app-store', 'com.microsoft.Excel', 'UBF8T346G9'],
  ['/Applications/Microsoft Outlook.app/', 'app-store', 'com.microsoft.Outlook', 'UBF8T346G9'],
  ['/Applications/Microsoft Teams.app/', 'developer-id', 'com.microsoft.teams2', 'UBF8T346G9'],
  [
    '/Library/Application Support/Microsoft/MAU2.0/',
    'developer-id',
    'com.microsoft.autoupdate2',
    'UBF8T346G9',
  ],
  ['/Applications/zoom.us.app/', 'developer-id', 'us.zoom.xos', 'BJ4HAAB9B3'],
  [
    '/Library/PrivilegedHelperTools/us.zoom.ZoomDaemon',
    'developer-id',
    'us.zoom.ZoomDaemon',
    'BJ4HAAB9B3',
  ],
  ['/Applications/Docker.app/', 'developer-id', 'com.docker.docker', '9BNSXJN65R'],
  [
    '/Library/PrivilegedHelperTools/com.docker.vmnetd',
    'developer-id',
    'com.docker.vmnetd',
    '9BNSXJN65R',
  ],
  ['/Applications/iTerm.app/', 'developer-id', 'com.googlecode.iterm2', 'H7V7XYVQ7D'],
  ['/Applications/1Password.app/', 'developer-id', 'com.1password.1password', '2BUA8C4S2C'],
  ['/Applications/Xcode.app/', 'app-store', 'com.apple.dt.Xcode', '59GAB85EFG'],
  ['/usr/local/jamf/bin/jamf', 'developer-id', 'com.jamfsoftware.jamf', '483DWKW443'],
  [
    '/Library/Application Support/JAMF/Jamf.app/',
    'developer-id',
    'com.jamf.management.daemon',
    '483DWKW443',
  ],
  ['/usr/local/munki/', 'developer-id', 'com.googlecode.munki.managedsoftwareupdate', 'T4SK8ZXCXG'],
  ['/usr/local/bin/node', 'developer-id', 'node', 'HX7739G8FX'],
]

const XPROTECT = '/System/Library/PrivateFrameworks/XprotectFramework.framework'
const XPROTECT_XPC = `${XPROTECT}/Versions/A/XPCServices/XprotectService.xpc`

/** The XPC service that reports what XProtect found. */
export const XPROTECT_SERVICE = `${XPROTECT_XPC}/Contents/MacOS/XprotectService`

// Apple programs whose signing identifier is not `com.apple.<name>`.
const PLATFORM_IDS: Readonly<Record<string, string>> = {
  '/sbin/launchd': 'com.apple.xpc.launchd',
  '/usr/libexec/xpcproxy': 'com.apple.xpc.proxy',
  '/usr/bin/security': 'com.apple.security',
  '/usr/bin/ssh': 'com.apple.openssh',
  '/usr/libexec/sshd-session': 'com.apple.sshd-session',
  '/usr/libexec/coreauthd': 'com.apple.coreauthd',
  '/System/Library/CoreServices/Finder.app/Contents/MacOS/Finder': 'com.apple.finder',
  '/System/Library/CoreServices/Dock.app/Contents/MacOS/Dock': 'com.apple.dock',
  '/System/Applications/Utilities/Terminal.app/Contents/MacOS/Terminal': 'com.apple.Terminal',
  '/System/Applications/System Settings.app/Contents/MacOS/System Settings':
    'com.apple.systempreferences',
  [XPROTECT_SERVICE]: 'com.apple.XprotectFramework.AnalysisService',
}

const PLATFORM_PREFIXES = [
  '/bin/',
  '/sbin/',
  '/usr/bin/',
  '/usr/sbin/',
  '/usr/libexec/',
  '/usr/lib/',
  '/System/',
  '/Library/Apple/',
]

const SETUID = new Set([
  '/usr/bin/sudo',
  '/usr/bin/su',
  '/usr/bin/login',
  '/usr/bin/crontab',
  '/usr/bin/at',
])

// Kernel flags as real records show them; see the code-signing constants of XNU's cs_blobs.h.
const FLAGS_DEVELOPER_ID = 0x22010301
const FLAGS_APP_STORE = 0x22012b01
const FLAGS_AD_HOC = 0x22020203
const FLAGS_TOOL = 0x22010801
const FLAGS_DAEMON = 0x22014a01
// Set on platform binaries from macOS 15 on.
const FLAG_PLATFORM = 0x04000000

const CATEGORIES: Readonly<Record<Signing, number>> = {
  platform: 1,
  'app-store': 4,
  'developer-id': 6,
  'ad-hoc': 10,
  unsigned: 10,
}

const IN_BIN = new Set([
  'bash',
  'cat',
  'chmod',
  'cp',
  'csh',
  'date',
  'dash',
  'dd',
  'df',
  'echo',
  'ed',
  'hostname',
  'kill',
  'ksh',
  'launchctl',
  'ln',
  'ls',
  'mkdir',
  'mv',
  'ps',
  'pwd',
  'rm',
  'rmdir',
  'sh',
  'sleep',
  'stty',
  'sync',
  'tcsh',
  'test',
  'zsh',
])
const IN_USR_SBIN = new Set([
  'chown',
  'installer',
  'system_profiler',
  'spctl',
  'scutil',
  'networksetup',
  'sshd',
  'softwareupdate',
  'systemsetup',
  'sysadminctl',
  'dseditgroup',
  'dsconfigad',
  'kextstat',
  'lsof',
  'diskutil',
  'nvram',
  'screencapture',
  'sysctl',
  'dtrace',
  'tcpdump',
  'ioreg',
  'netstat',
  'traceroute',
  'arp',
  'createhomedir',
  'bless',
  'asr',
])
const IN_SBIN = new Set([
  'ifconfig',
  'ping',
  'mount',
  'umount',
  'reboot',
  'shutdown',
  'md5',
  'route',
  'mount_apfs',
  'kextload',
])

/** Finds the full path of a program named without one, as a shell with the default PATH would. */
export function programPath(name: string): string {
  if (name.startsWith('/')) return name
  if (IN_BIN.has(name)) return `/bin/${name}`
  if (IN_USR_SBIN.has(name)) return `/usr/sbin/${name}`
  if (IN_SBIN.has(name)) return `/sbin/${name}`
  return `/usr/bin/${name}`
}

/**
 * Knows every program of one simulated Mac: signing facts are derived from the path and the seed.
 */
export class ProgramCatalogue {
  readonly #seed: string
  readonly #version: number
  readonly #declared = new Map<string, ProgramDeclaration>()
  readonly #programs = new Map<string, Program>()

  constructor(options: { readonly seed: string; readonly version: number }) {
    this.#seed = options.seed
    this.#version = options.version
  }

  /** Takes what a scenario says about a program; replaces what was known of that path. */
  declare(declaration: ProgramDeclaration): void {
    this.#declared.set(declaration.path, declaration)
    this.#programs.delete(declaration.path)
  }

  /** The program at a path; one that was never declared gets the signing of its folder. */
  find(path: string): Program {
    const found = this.#programs.get(path)
    if (found !== undefined) return found
    const program = this.#derive(path)
    // Generated paths never end; forgetting one only costs deriving it again.
    if (this.#programs.size > PROGRAMS_MAX) this.#programs.clear()
    this.#programs.set(path, program)
    return program
  }

  #derive(path: string): Program {
    const declared = this.#declared.get(path)
    const known = KNOWN.find(([prefix]) => path.startsWith(prefix))
    const platform = PLATFORM_PREFIXES.some((prefix) => path.startsWith(prefix))
    const byPath: Signing = platform ? 'platform' : (known?.[1] ?? 'ad-hoc')
    const signing = declared?.signing ?? byPath
    const signingId = declared?.signingId ?? known?.[2] ?? defaultSigningId(path, signing)
    const hash = createHash('sha256').update(`${this.#seed}:${path}:${signingId}`).digest('hex')
    const size = hash32(path)
    const teamId = declared?.teamId ?? known?.[3]
    const signedByTeam = signing === 'developer-id' || signing === 'app-store'
    return {
      path,
      signing,
      signingId: signing === 'unsigned' ? '' : signingId,
      teamId: signedByTeam ? teamId : undefined,
      platform: signing === 'platform',
      flags: this.#flags(path, signing),
      cdhash: signing === 'unsigned' ? '0'.repeat(40) : hash.slice(0, 40).toUpperCase(),
      sizeBytes: declared?.sizeBytes ?? 33_000 + (size % (platform ? 1_200_000 : 24_000_000)),
      setuid: SETUID.has(path),
      category: CATEGORIES[signing],
    }
  }

  #flags(path: string, signing: Signing): number {
    if (signing === 'developer-id') return FLAGS_DEVELOPER_ID
    if (signing === 'app-store') return FLAGS_APP_STORE
    if (signing === 'ad-hoc') return FLAGS_AD_HOC
    if (signing === 'unsigned') return 0
    const tool = path.startsWith('/bin/') || path.startsWith('/usr/bin/')
    const flags = tool ? FLAGS_TOOL : FLAGS_DAEMON
    return this.#version >= 9 ? flags + FLAG_PLATFORM : flags
  }
}

const PROGRAMS_MAX = 10_000

function defaultSigningId(path: string, signing: Signing): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (signing === 'platform') return PLATFORM_IDS[path] ?? `com.apple.${name}`
  // What the linker writes when nobody signs: the file's name and a piece of its UUID.
  if (signing === 'ad-hoc') return `${name}-${hash32(path).toString(16).padStart(8, '0')}`
  return name
}
