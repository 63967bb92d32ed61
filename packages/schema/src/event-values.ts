/**
 * ECS's categories, each with the event types ECS expects beside it.
 *
 * @see ECS 9.4, `event.category`, expected event types.
 */
export const EXPECTED_EVENT_TYPES = {
  api: [
    'access',
    'admin',
    'allowed',
    'change',
    'creation',
    'deletion',
    'denied',
    'end',
    'info',
    'start',
    'user',
  ],
  authentication: ['start', 'end', 'info'],
  configuration: ['access', 'change', 'creation', 'deletion', 'info'],
  database: ['access', 'change', 'info', 'error'],
  driver: ['change', 'end', 'info', 'start'],
  email: ['info'],
  file: ['access', 'change', 'creation', 'deletion', 'info'],
  host: ['access', 'change', 'end', 'info', 'start'],
  iam: ['admin', 'change', 'creation', 'deletion', 'group', 'info', 'user'],
  intrusion_detection: ['allowed', 'denied', 'info'],
  library: ['start'],
  malware: ['info'],
  network: ['access', 'allowed', 'connection', 'denied', 'end', 'info', 'protocol', 'start'],
  package: ['access', 'change', 'deletion', 'info', 'installation', 'start'],
  process: ['access', 'change', 'end', 'info', 'start'],
  registry: ['access', 'change', 'creation', 'deletion'],
  session: ['start', 'end', 'info'],
  threat: ['indicator'],
  vulnerability: ['info'],
  web: ['access', 'error', 'info'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** Values ECS allows in `event.category`. */
export const EVENT_CATEGORIES: readonly string[] = Object.keys(EXPECTED_EVENT_TYPES)

/** Values ECS allows in `event.type`. */
export const EVENT_TYPES: readonly string[] = [
  'access',
  'admin',
  'allowed',
  'change',
  'connection',
  'creation',
  'deletion',
  'denied',
  'device',
  'end',
  'error',
  'group',
  'indicator',
  'info',
  'installation',
  'protocol',
  'start',
  'user',
]

/** Values ECS allows in `event.kind`. */
export const EVENT_KINDS: readonly string[] = [
  'alert',
  'asset',
  'enrichment',
  'event',
  'metric',
  'state',
  'pipeline_error',
  'signal',
]

/** Values ECS allows in `event.outcome`. */
export const EVENT_OUTCOMES: readonly string[] = ['failure', 'success', 'unknown']
