import { seededRandom } from '../prng.ts'

/*
 * Secrets as services issue them, drawn at random so that none is one. Their beginnings stand apart
 * from the rest, so that no scanner takes this file for a leak.
 */
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LOWER = UPPER.toLowerCase()
const DIGITS = '0123456789'
const ALPHANUMERIC = UPPER + LOWER + DIGITS
const HEX = '0123456789abcdef'
const BASE64URL = `${ALPHANUMERIC}-_`

/** A secret, where it was put, and the command line or variables it was put in. */
export interface PlantedSecret {
  readonly kind: string
  readonly secret: string
  readonly args: readonly string[]
  readonly env: readonly string[]
}

type Draw = (alphabet: string, length: number) => string

const json = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Kinds that are known by their form, wherever they stand. */
const FORMS: Readonly<Record<string, (draw: Draw) => string>> = {
  aws_key_id: (draw) => `AKIA${draw(UPPER + DIGITS, 16)}`,
  github_classic: (draw) => `ghp_${draw(ALPHANUMERIC, 36)}`,
  github_fine: (draw) => `github_pat_${draw(ALPHANUMERIC, 22)}_${draw(ALPHANUMERIC, 59)}`,
  gitlab: (draw) => `glpat-${draw(BASE64URL, 20)}`,
  slack: (draw) => `xoxb-${draw(DIGITS, 12)}-${draw(DIGITS, 12)}-${draw(ALPHANUMERIC, 24)}`,
  stripe: (draw) => `sk_live_${draw(ALPHANUMERIC, 24)}`,
  google_api: (draw) => `AIza${draw(BASE64URL, 35)}`,
  google_oauth: (draw) => `ya29.${draw(BASE64URL, 60)}`,
  model_service: (draw) => `sk-proj-${draw(BASE64URL, 48)}`,
  jwt: (draw) =>
    `${json({ alg: 'HS256' })}.${json({ sub: draw(DIGITS, 8) })}.${draw(BASE64URL, 43)}`,
  npm: (draw) => `npm_${draw(ALPHANUMERIC, 36)}`,
  pypi: (draw) => `pypi-AgEIcHlwaS5vcmc${draw(BASE64URL, 60)}`,
  sendgrid: (draw) => `SG.${draw(BASE64URL, 22)}.${draw(BASE64URL, 43)}`,
  digitalocean: (draw) => `dop_v1_${draw(HEX, 64)}`,
  vault: (draw) => `hvs.${draw(BASE64URL, 24)}`,
  hugging_face: (draw) => `hf_${draw(ALPHANUMERIC, 34)}`,
  databricks: (draw) => `dapi${draw(HEX, 32)}`,
  docker_hub: (draw) => `dckr_pat_${draw(BASE64URL, 27)}`,
  shopify: (draw) => `shpat_${draw(HEX, 32)}`,
  age: (draw) => `AGE-SECRET-KEY-1${draw(UPPER + DIGITS, 58)}`,
  telegram: (draw) => `${draw(DIGITS.slice(1), 9)}:AA${draw(BASE64URL, 33)}`,
  random: (draw) => `a1B2${draw(ALPHANUMERIC, 44)}`,
}

type Place = (secret: string) => Pick<PlantedSecret, 'args'> & Partial<PlantedSecret>

const ANYWHERE: readonly Place[] = [
  (secret) => ({ args: ['/usr/local/bin/deploy', secret] }),
  (secret) => ({ args: ['/usr/bin/tool', `--value=${secret}`] }),
  (secret) => ({ args: ['/bin/sh', '-c', `deploy ${secret} && echo done`] }),
  (secret) => ({ args: ['/usr/bin/curl', '-H', `X-Thing: ${secret}`, 'https://a.example/'] }),
  (secret) => ({ args: ['/usr/bin/git'], env: ['HOME=/Users/maya', `SOMETHING=${secret}`] }),
  (secret) => ({ args: ['/usr/bin/python3', '-c', `client = Client("${secret}")`] }),
]

/** Kinds that are known by where they stand. */
const PLACES: Readonly<Record<string, Place>> = {
  long_option: (secret) => ({ args: ['/usr/bin/tool', '--password', secret, 'run'] }),
  option_equals: (secret) => ({ args: ['/usr/bin/tool', `--client-secret=${secret}`] }),
  camel_option: (secret) => ({ args: ['/usr/sbin/sysadminctl', '-adminPassword', secret] }),
  variable: (secret) => ({ args: ['/usr/bin/psql'], env: ['LANG=C', `PGPASSWORD=${secret}`] }),
  api_key_variable: (secret) => ({ args: ['/bin/x'], env: [`DATADOG_API_KEY=${secret}`] }),
  url: (secret) => ({
    args: ['/usr/bin/git', 'clone', `https://maya:${secret}@git.example/a.git`],
  }),
  share: (secret) => ({ args: ['/sbin/mount_smbfs', `//maya:${secret}@nas/home`, '/Volumes/h'] }),
  bearer: (secret) => ({ args: ['/usr/bin/curl', '-H', `Authorization: Bearer ${secret}`] }),
  cookie: (secret) => ({ args: ['/usr/bin/curl', '--header', `Cookie: session=${secret}`] }),
  curl_user: (secret) => ({ args: ['/usr/bin/curl', '-u', `maya:${secret}`, 'https://a.example'] }),
  mysql: (secret) => ({ args: ['mysql', '-umaya', `-p${secret}`, 'shop'] }),
  sshpass: (secret) => ({ args: ['sshpass', '-p', secret, 'ssh', 'host'] }),
  keychain: (secret) => ({ args: ['/usr/bin/security', 'unlock-keychain', '-p', secret] }),
  keychain_item: (secret) => ({
    args: ['security', 'add-generic-password', '-a', 'maya', '-s', 'svc', '-w', secret],
  }),
  openssl: (secret) => ({ args: ['/usr/bin/openssl', 'enc', '-d', '-k', secret] }),
  openssl_pass: (secret) => ({ args: ['openssl', 'rsa', '-passin', `pass:${secret}`] }),
  dscl: (secret) => ({ args: ['/usr/bin/dscl', '.', '-passwd', '/Users/maya', secret] }),
  applescript: (secret) => ({
    args: [
      '/usr/bin/osascript',
      '-e',
      `do shell script "id" user name "maya" password "${secret}" with administrator privileges`,
    ],
  }),
  piped: (secret) => ({ args: ['/bin/sh', '-c', `echo '${secret}' | sudo -S cp a b`] }),
  assignment: (secret) => ({ args: ['/bin/sh', '-c', `DB_PASSWORD='${secret}' ./run`] }),
  nested_option: (secret) => ({ args: ['/bin/bash', '-c', `login --token ${secret} --quiet`] }),
  json: (secret) => ({ args: ['/usr/bin/curl', '-d', `{"user":"m","password":"${secret}"}`] }),
  query: (secret) => ({ args: ['/usr/bin/curl', `https://a.example/?q=1&api_key=${secret}`] }),
  zip: (secret) => ({ args: ['/usr/bin/zip', '-P', secret, 'out.zip', '/Users/maya/Documents'] }),
  storepass: (secret) => ({ args: ['keytool', '-list', '-storepass', secret] }),
  account_key: (secret) => ({
    args: ['/bin/x'],
    env: [`STORAGE=DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${secret}`],
  }),
  docker: (secret) => ({ args: ['docker', 'login', '-u', 'maya', '-p', secret] }),
}

const PRIVATE_KEY = (draw: Draw): string => {
  const name = ['OPENSSH', 'PRIVATE', 'KEY'].join(' ')
  return `-----BEGIN ${name}-----\n${draw(ALPHANUMERIC, 70)}\n-----END ${name}-----`
}

/** Secrets of every kind, `rounds` of each. */
export function plantedSecrets(seed: number, rounds: number): readonly PlantedSecret[] {
  const below = seededRandom(seed)
  const draw: Draw = (alphabet, length) =>
    Array.from({ length }, () => alphabet[below(alphabet.length)]).join('')
  const planted: PlantedSecret[] = []
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, [kind, form]] of Object.entries(FORMS).entries()) {
      const place = ANYWHERE[(index + round) % ANYWHERE.length] ?? ANYWHERE[0]
      const secret = form(draw)
      if (place !== undefined) planted.push({ kind, secret, env: [], ...place(secret) })
    }
    for (const [kind, place] of Object.entries(PLACES)) {
      // Words people choose, which nothing but their place gives away.
      const secret = `${draw(LOWER, 5)}${draw(UPPER, 2)}${draw(DIGITS, 3)}`
      planted.push({ kind, secret, env: [], ...place(secret) })
    }
    const secret = PRIVATE_KEY(draw)
    const body = secret.split('\n')[1] ?? ''
    planted.push({
      kind: 'private_key',
      secret: body,
      args: ['/usr/bin/ssh-add', '-'],
      env: [`SIGNER=${secret}`],
    })
  }
  return planted
}
