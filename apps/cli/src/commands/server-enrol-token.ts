import {
  ApiProblem,
  EnrolmentTokenMade,
  type EnrolmentTokenRequest,
  type SignInRequest,
} from '@pomona/schema'
import { type Command, EXIT } from '../command-line.ts'
import { CliError, wrongUse } from '../errors.ts'

const SERVER_DEFAULT = 'http://127.0.0.1:8443'
const HOUR_SECONDS = 3_600
const HOURS_MAX = 365 * 24
const USES_MAX = 100_000

/** `pomona server enrol-token`: a token by which Macs enrol, from a server that runs. */
export const serverEnrolTokenCommand: Command = {
  name: 'server enrol-token',
  summary: 'Have a running server make a token by which Macs enrol.',
  operands: '',
  options: {
    server: { type: 'string', value: 'URL', description: `Address. Default ${SERVER_DEFAULT}.` },
    user: { type: 'string', value: 'NAME', description: 'Who asks; an administrator.' },
    label: { type: 'string', value: 'TEXT', description: 'What it is for. Default "Macs".' },
    uses: { type: 'string', value: 'N', description: 'Macs it may enrol. Default 1.' },
    hours: { type: 'string', value: 'H', description: 'How long it may be used. Default 24.' },
    json: { type: 'boolean', description: 'Print token, address and limits as JSON.' },
  },
  notes: [
    'The password is read from POMONA_PASSWORD, so that it stands in no list of processes.',
    'The token is printed on stdout and kept nowhere: the server has only its hash.',
  ],
  async run(input, { output, say, environment }) {
    const server = input.text('server') ?? SERVER_DEFAULT
    if (!URL.canParse(server)) throw wrongUse(`--server takes an address, not "${server}".`)
    const password = environment['POMONA_PASSWORD']
    if (password === undefined) throw wrongUse('POMONA_PASSWORD is missing.')
    const name = input.required('user')
    const hours = input.number('hours', { min: 1, max: HOURS_MAX, whole: true }) ?? 24
    const wish = {
      label: input.text('label') ?? 'Macs',
      uses_max: input.number('uses', { min: 1, max: USES_MAX, whole: true }) ?? 1,
      lifetime_seconds: hours * HOUR_SECONDS,
    }
    const made = await makeToken(new URL(server).origin, { name, password }, wish)
    if (input.flag('json')) output.json(made)
    else {
      output.line(made.token)
      say(`Enrols up to ${made.record.uses_max} until ${made.record.expires}.`)
      say(`Agents reach the server at ${made.server_url}.`)
    }
    await output.flush()
    return EXIT.done
  },
}

async function makeToken(
  origin: string,
  who: SignInRequest,
  wish: EnrolmentTokenRequest,
): Promise<EnrolmentTokenMade> {
  const session = await call(origin, '/api/v1/session', { body: who })
  const cookie = session.headers.get('set-cookie')?.split(';')[0] ?? ''
  try {
    const answer = await call(origin, '/api/v1/enrolment-tokens', { body: wish, cookie })
    return EnrolmentTokenMade.parse(await answer.json())
  } finally {
    await call(origin, '/api/v1/session', { method: 'DELETE', cookie })
  }
}

interface Call {
  readonly method?: string
  readonly body?: unknown
  readonly cookie?: string
}

/** One change, asked for as the console asks. */
async function call(origin: string, path: string, request: Call): Promise<Response> {
  const { method = 'POST', body, cookie } = request
  let response: Response
  try {
    response = await fetch(origin + path, {
      method,
      redirect: 'error',
      headers: {
        origin,
        'sec-fetch-site': 'same-origin',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(cookie === undefined ? {} : { cookie }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (error) {
    throw new CliError('ERR_CLI_SERVER', `${origin} does not answer.`, { cause: error })
  }
  if (response.ok) return response
  const problem = ApiProblem.safeParse(await response.json().catch(() => undefined))
  const said = problem.success ? problem.data.message : `HTTP ${response.status}`
  throw new CliError('ERR_CLI_SERVER', `${origin} refuses: ${said}`)
}
