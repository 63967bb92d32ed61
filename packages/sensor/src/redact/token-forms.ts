/** Why something was blanked out; stands in its place as `[redacted:REASON]`. */
export type RedactionReason =
  | 'token'
  | 'password'
  | 'private_key'
  | 'url_credentials'
  | 'header'
  | 'variable'
  | 'random'

/** What stands where a secret stood. */
export function redacted(reason: RedactionReason): string {
  return `[redacted:${reason}]`
}

/*
 * Forms in which services issue secrets, each begun by what the service puts before it so that
 * leaks are found. One pattern, tried once at the beginning of a word: it cannot run away.
 */
const FORMS: readonly string[] = [
  // Amazon: access key ids; the secret keys beside them have no form and are found by their names.
  '(?:AKIA|ASIA)[A-Z0-9]{16}$',
  // GitHub, GitLab, Bitbucket and Atlassian.
  'gh[pousr]_[A-Za-z0-9]{30,}',
  'github_pat_[A-Za-z0-9_]{22,}',
  'gl(?:pat|dt|rt|soat|ptt|ft|imt|agent)-[A-Za-z0-9_.-]{20,}',
  'ATATT3[A-Za-z0-9_-]{50,}',
  'ATBB[A-Za-z0-9]{28,}',
  // Slack, Discord, Telegram.
  'xox[abeoprs](?:\\.xox[bp])?-[A-Za-z0-9-]{10,}',
  'xapp-[A-Za-z0-9-]{20,}',
  '[MNO][A-Za-z0-9_-]{22,27}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,}$',
  'AA[A-Za-z0-9_-]{33}$',
  // Payment.
  '[rs]k_(?:live|test)_[A-Za-z0-9]{16,}',
  'whsec_[A-Za-z0-9]{24,}',
  'sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}',
  'EAAA[A-Za-z0-9_-]{60}$',
  // Google.
  'AIza[A-Za-z0-9_-]{35}',
  'ya29\\.[A-Za-z0-9_-]{20,}',
  'GOCSPX-[A-Za-z0-9_-]{20,}',
  // Model services.
  'sk-[A-Za-z0-9_-]{20,}',
  'hf_[A-Za-z0-9]{30,}',
  'r8_[A-Za-z0-9]{30,}',
  'gsk_[A-Za-z0-9]{40,}',
  // Package registries.
  'npm_[A-Za-z0-9]{36,}',
  'pypi-[A-Za-z0-9_-]{50,}',
  'rubygems_[0-9a-f]{40,}',
  'dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}',
  // Infrastructure.
  'do[opr]_v1_[0-9a-f]{60,}',
  'hv[sbr]\\.[A-Za-z0-9_-]{20,}',
  '[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_-]{60,}',
  'dapi[0-9a-f]{32}',
  'HRKU-[A-Za-z0-9_-]{30,}',
  'dp\\.(?:pt|st|sa|ct)\\.[A-Za-z0-9_.-]{30,}',
  'pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{30,}',
  'sbp_[0-9a-f]{40}',
  'gl(?:sa|c)_[A-Za-z0-9_-]{30,}',
  'NRAK-[A-Z0-9]{27}',
  'PMAK-[0-9a-f]{24}-[0-9a-f]{34}',
  'ops_ey[A-Za-z0-9_-]{40,}',
  'tskey-[a-z]+-[A-Za-z0-9-]{20,}',
  // Others.
  'SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}',
  'SK[0-9a-f]{32}$',
  'key-[0-9a-f]{32}$',
  'lin_api_[A-Za-z0-9]{32,}',
  'ntn_[A-Za-z0-9]{40,}',
  'secret_[A-Za-z0-9]{40,}',
  'figd_[A-Za-z0-9_-]{30,}',
  'shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}',
  'AGE-SECRET-KEY-1[A-Z0-9]{50,}',
  // JSON Web Tokens: both first parts are JSON objects.
  'eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*',
]

const FORM = new RegExp(`^(?:${FORMS.join('|')})`)
const WORD = /[A-Za-z0-9_.-]{20,}/g

/** Blanks out words that have the form of a service's secret. The same text when there is none. */
export function redactForms(text: string): string {
  return text.replace(WORD, (word) => (FORM.test(word) ? redacted('token') : word))
}

const KEY_BEGIN = /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/
const KEY_END = /-----END [A-Z ]{0,20}PRIVATE KEY-----/

/** Blanks out private keys in PEM, to their end or that of the text. */
export function redactPrivateKeys(text: string): string {
  let rest = text
  let done = ''
  for (let begin = KEY_BEGIN.exec(rest); begin !== null; begin = KEY_BEGIN.exec(rest)) {
    done += rest.slice(0, begin.index) + redacted('private_key')
    rest = rest.slice(begin.index + begin[0].length)
    const end = KEY_END.exec(rest)
    rest = end === null ? '' : rest.slice(end.index + end[0].length)
  }
  return done + rest
}
