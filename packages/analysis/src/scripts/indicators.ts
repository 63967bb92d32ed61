/** What a script names that others can look for. */
export interface Indicators {
  readonly urls: readonly string[]
  readonly domains: readonly string[]
  readonly addresses: readonly string[]
  readonly paths: readonly string[]
  readonly commands: readonly string[]
}

const URL = /\b(?:https?|ftp|wss?|tcp):\/\/[^\s"'`<>()[\]{}|\\^]{3,2000}/gi
const ADDRESS =
  /(?<![\w.-])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w-]|\.\d)/g
const ADDRESS_6 =
  /(?<![\w:])(?:[\da-f]{1,4}:){7}[\da-f]{1,4}(?![\w:])|(?<![\w:])(?:[\da-f]{1,4}:){2,6}:[\da-f]{1,4}(?![\w:])/gi
const HOST_AFTER =
  /\b(?:curl|wget|nc|ncat|ssh|scp|ping|host|dig|nslookup|telnet)\s(?:-{1,2}[\w-]+(?:[ =]\d+)?\s+){0,6}(?:[\w.-]+@)?([\w-]+(?:\.[\w-]+)+)/gi
const DEV_TCP = /\/dev\/(?:tcp|udp)\/([\w.-]+)\/\d+/g
const PATH =
  /(?<![\w:/.~-])(?:~|\$HOME|\$\{HOME\}|\$TMPDIR)?\/(?:Users|Library|System|Applications|Volumes|private|tmp|var|etc|usr|opt|bin|sbin|dev|\.\w+)(?:\/(?:[\w.@+~$%{}*-]|\\ |(?<=\w) (?=[A-Z]\w*[/.\w])){1,200}){0,40}/g
const COMMAND =
  /(?:^|[\n;|&({`]|\$\(|\bthen\b|\bdo\b|\belse\b|\bsudo\b|\bnohup\b|\bexec\b|\bxargs\b|\bshell script ["'])[ \t]*(?:(?:\/usr)?\/s?bin\/|\/usr\/libexec\/)?([a-z][\w.+-]{1,40})(?=[ \t\n;|&)`"']|$)/gm
const COMMENT = /^[ \t]*(?:#|--)[^\n]*/gm
const NAME_OF_HOST = /^(?=.{4,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]{1,62}$/i

/** Words of the shell itself, which say nothing. */
const WORDS = new Set(
  'if then else elif fi for while until do done case esac in function select time return local export echo printf true false test set unset shift break continue exit read cd let declare readonly trap wait end tell try repeat on my the to var const import from def class print'.split(
    ' ',
  ),
)

/** Endings that file names have and domains have not. */
const FILE_ENDINGS =
  /\.(?:app|bash|bin|bz2|c|command|conf|dat|db|dmg|dylib|gz|h|html?|js|json|log|m|md|mobileconfig|o|pkg|plist|png|py|rb|scpt|service|sh|so|sqlite|swift|tar|tgz|tmp|txt|xml|ya?ml|zip|zsh)$/i

/** Gathers the indicators of texts, each once, up to a number of each kind. */
export class IndicatorSet {
  readonly #max: number
  readonly #urls = new Set<string>()
  readonly #domains = new Set<string>()
  readonly #addresses = new Set<string>()
  readonly #paths = new Set<string>()
  readonly #commands = new Set<string>()

  constructor(max: number) {
    this.#max = max
  }

  /** @param hasCommands Whether its lines are commands, or may be. */
  take(text: string, hasCommands: boolean): void {
    for (const [url] of text.matchAll(URL)) this.#takeUrl(url)
    for (const pattern of [HOST_AFTER, DEV_TCP]) {
      for (const [, host = ''] of text.matchAll(pattern)) this.#takeHost(host)
    }
    for (const pattern of [ADDRESS, ADDRESS_6]) {
      for (const [address] of text.matchAll(pattern)) this.#add(this.#addresses, address)
    }
    for (const [path] of text.matchAll(PATH)) {
      const whole = path.replace(/[.,:;]+$/, '')
      if (whole.length > 4) this.#add(this.#paths, whole)
    }
    if (!hasCommands) return
    const withoutComments = text.replaceAll(COMMENT, '')
    for (const [, command = ''] of withoutComments.matchAll(COMMAND)) {
      if (!WORDS.has(command)) this.#add(this.#commands, command)
    }
  }

  result(): Indicators {
    return {
      urls: [...this.#urls],
      domains: [...this.#domains],
      addresses: [...this.#addresses],
      paths: [...this.#paths],
      commands: [...this.#commands],
    }
  }

  #takeUrl(stated: string): void {
    const url = stated.replace(/[.,;:!?]+$/, '')
    this.#add(this.#urls, url)
    const authority = /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1] ?? ''
    const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '')
    if (NAME_OF_HOST.test(host)) this.#add(this.#domains, host.toLowerCase())
  }

  #takeHost(host: string): void {
    const isName = NAME_OF_HOST.test(host) && !FILE_ENDINGS.test(host)
    if (isName) this.#add(this.#domains, host.toLowerCase())
  }

  #add(set: Set<string>, value: string): void {
    if (set.size < this.#max) set.add(value)
  }
}
