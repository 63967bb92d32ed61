import { XPROTECT_SERVICE } from './programs.ts'

/** A process that runs since boot or since its user logged in. */
export interface Resident {
  /** What scenarios call it. */
  readonly name: string
  readonly path: string
  /** Runs as root once, or as each user in their session. */
  readonly scope: 'system' | 'session'
  /** Resident that forked it; launchd when absent. */
  readonly parent?: string
  readonly args?: readonly string[]
  /** Has the session's first terminal. */
  readonly tty?: boolean
}

const SERVICES = '/System/Library/PrivateFrameworks'
const CORE_SERVICES = '/System/Library/CoreServices'
const FRAMEWORKS = '/System/Library/Frameworks'
const BACKGROUND_TASKS = `${SERVICES}/BackgroundTaskManagement.framework`
const METADATA = `${FRAMEWORKS}/CoreServices.framework/Versions/A/Frameworks/Metadata.framework`
const CRYPTEX = '/System/Volumes/Preboot/Cryptexes/App'

/** Who is there before a recording begins, parents before children. launchd itself comes first. */
export const POPULATION: readonly Resident[] = [
  { name: 'logd', path: '/usr/libexec/logd', scope: 'system' },
  { name: 'opendirectoryd', path: '/usr/libexec/opendirectoryd', scope: 'system' },
  { name: 'kernelmanagerd', path: '/usr/libexec/kernelmanagerd', scope: 'system' },
  { name: 'diskarbitrationd', path: '/usr/libexec/diskarbitrationd', scope: 'system' },
  { name: 'tccd', path: `${SERVICES}/TCC.framework/Support/tccd`, scope: 'system' },
  {
    name: 'authd',
    path: `${FRAMEWORKS}/Security.framework/Versions/A/XPCServices/authd.xpc/Contents/MacOS/authd`,
    scope: 'system',
  },
  { name: 'securityd', path: '/usr/sbin/securityd', scope: 'system' },
  { name: 'trustd', path: '/usr/libexec/trustd', scope: 'system' },
  { name: 'syspolicyd', path: '/usr/libexec/syspolicyd', scope: 'system' },
  { name: 'amfid', path: '/usr/libexec/amfid', scope: 'system' },
  {
    name: 'xprotect',
    path: XPROTECT_SERVICE,
    scope: 'system',
  },
  {
    name: 'backgroundtaskmanagementd',
    path: `${BACKGROUND_TASKS}/Versions/A/Resources/backgroundtaskmanagementd`,
    scope: 'system',
  },
  {
    name: 'mds',
    path: `${METADATA}/Versions/A/Support/mds`,
    scope: 'system',
  },
  {
    name: 'mdmclient',
    path: '/usr/libexec/mdmclient',
    scope: 'system',
    args: ['/usr/libexec/mdmclient', 'daemon'],
  },
  { name: 'biometrickitd', path: '/usr/libexec/biometrickitd', scope: 'system' },
  {
    name: 'coreauthd',
    path: '/System/Library/Frameworks/LocalAuthentication.framework/Support/coreauthd',
    scope: 'system',
  },
  { name: 'mdnsresponder', path: '/usr/sbin/mDNSResponder', scope: 'system' },
  { name: 'timed', path: '/usr/libexec/timed', scope: 'system' },
  {
    name: 'screensharingd',
    path: `${CORE_SERVICES}/RemoteManagement/screensharingd.bundle/Contents/MacOS/screensharingd`,
    scope: 'system',
  },
  {
    name: 'windowserver',
    path: '/System/Library/PrivateFrameworks/SkyLight.framework/Resources/WindowServer',
    scope: 'system',
  },
  {
    name: 'installd',
    path: `${SERVICES}/PackageKit.framework/Resources/installd`,
    scope: 'system',
  },
  {
    name: 'softwareupdated',
    path: `${CORE_SERVICES}/Software Update.app/Contents/Resources/softwareupdated`,
    scope: 'system',
  },
  {
    name: 'loginwindow',
    path: `${CORE_SERVICES}/loginwindow.app/Contents/MacOS/loginwindow`,
    scope: 'session',
    args: [`${CORE_SERVICES}/loginwindow.app/Contents/MacOS/loginwindow`, 'console'],
  },
  {
    name: 'cfprefsd',
    path: '/usr/sbin/cfprefsd',
    scope: 'session',
    args: ['/usr/sbin/cfprefsd', 'agent'],
  },
  { name: 'finder', path: `${CORE_SERVICES}/Finder.app/Contents/MacOS/Finder`, scope: 'session' },
  { name: 'dock', path: `${CORE_SERVICES}/Dock.app/Contents/MacOS/Dock`, scope: 'session' },
  {
    name: 'spotlight',
    path: `${CORE_SERVICES}/Spotlight.app/Contents/MacOS/Spotlight`,
    scope: 'session',
  },
  { name: 'sharingd', path: '/usr/libexec/sharingd', scope: 'session' },
  { name: 'secd', path: '/usr/libexec/secd', scope: 'session' },
  {
    name: 'safari',
    path: `${CRYPTEX}/System/Applications/Safari.app/Contents/MacOS/Safari`,
    scope: 'session',
  },
  {
    name: 'terminal',
    path: '/System/Applications/Utilities/Terminal.app/Contents/MacOS/Terminal',
    scope: 'session',
  },
  {
    name: 'login',
    path: '/usr/bin/login',
    scope: 'session',
    parent: 'terminal',
    args: ['login', '-pf', '${user}'],
    tty: true,
  },
  { name: 'zsh', path: '/bin/zsh', scope: 'session', parent: 'login', args: ['-zsh'], tty: true },
]

/** Names that every scenario can use without defining them. */
export const POPULATION_NAMES: readonly string[] = [
  'launchd',
  ...POPULATION.map(({ name }) => name),
]
