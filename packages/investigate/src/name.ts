import {
  coversTechnique,
  type IncidentActivity,
  tacticsAlike,
  weightiestTactics,
} from '@pomona/schema'

/** What an incident's activity and name are made of. */
export interface NameFacts {
  readonly techniques: readonly string[]
  readonly tactics: readonly string[]
  /** Names of the rules that fired, in the order they did. */
  readonly ruleNames: readonly string[]
  readonly origin: string | undefined
  readonly hostName: string
}

const TITLES: Readonly<Record<IncidentActivity, string>> = {
  ransomware: 'Ransomware activity',
  information_theft: 'Infostealer activity',
  password_guessing: 'Password guessing',
  remote_access: 'Remote intrusion',
  cryptomining: 'Cryptomining',
  backdoor: 'Backdoor activity',
  credential_access: 'Credential access',
  persistence: 'Persistence',
  defense_evasion: 'Defense evasion',
  execution: 'Suspicious execution',
  discovery: 'Survey of the system',
  suspicious: 'Suspicious activity',
}
const TACTICS_IN_NAME = 3
const NAME_CHARACTERS_MAX = 240

/** What the techniques and tactics of an incident add up to. */
export function activityOf(facts: Pick<NameFacts, 'techniques' | 'tactics'>): IncidentActivity {
  const tactics = new Set(facts.tactics)
  const shows = (...ids: readonly string[]): boolean =>
    facts.techniques.some((id) => ids.some((asked) => coversTechnique({ asked, id })))
  const isTheft = tactics.has('exfiltration') || tactics.has('collection')
  if (shows('T1486', 'T1490')) return 'ransomware'
  if (shows('T1021')) return tactics.size > 1 ? 'remote_access' : 'password_guessing'
  if (tactics.has('credential-access') && isTheft) return 'information_theft'
  if (shows('T1110') && tactics.size <= 2) return 'password_guessing'
  if (shows('T1496')) return 'cryptomining'
  if (tactics.has('persistence') && tactics.has('command-and-control')) return 'backdoor'
  if (tactics.has('credential-access')) return 'credential_access'
  if (tactics.has('persistence')) return 'persistence'
  if (tacticsAlike('defense-evasion').some((one) => tactics.has(one))) return 'defense_evasion'
  if (tactics.has('execution')) return 'execution'
  return tactics.size === 1 && tactics.has('discovery') ? 'discovery' : 'suspicious'
}

/** A name for people: what happens, where it comes from, on which host. */
export function incidentName(facts: NameFacts, activity: IncidentActivity): string {
  const { ruleNames, origin, hostName, tactics } = facts
  const [only] = ruleNames
  const place = `${origin === undefined ? '' : ` from ${origin}`} on ${hostName}`
  if (ruleNames.length === 1 && only !== undefined) return cut(`${only}${place}`)
  const weightiest = weightiestTactics(tactics, TACTICS_IN_NAME)
  const shown = weightiest.map((tactic) => tactic.replaceAll('-', ' '))
  return cut(`${TITLES[activity]}${place}${shown.length === 0 ? '' : `: ${shown.join(', ')}`}`)
}

function cut(name: string): string {
  return name.length <= NAME_CHARACTERS_MAX ? name : `${name.slice(0, NAME_CHARACTERS_MAX - 1)}…`
}
