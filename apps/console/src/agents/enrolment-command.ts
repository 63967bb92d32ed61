/** Where the installed agent reads what is set about it. */
const CONFIG_PATH = '/Library/Application Support/Pomona/agent.json'
const LAUNCHD_LABEL = 'io.pomona.agent'

/**
 * The one command by which a Mac with the package installed enrols: it lays down the agent's
 * configuration for root alone and starts the agent anew. The token stands in a here-string, where
 * the process list does not show it.
 */
export function enrolmentCommand({
  serverUrl,
  token,
}: {
  readonly serverUrl: string
  readonly token: string
}): string {
  const config = JSON.stringify({ server_url: serverUrl, enrolment_token: token })
  const script = `umask 077; cat > "${CONFIG_PATH}"; launchctl kickstart -k system/${LAUNCHD_LABEL}`
  return `sudo sh -c ${quoted(script)} <<< ${quoted(config)}`
}

/** A text as one word of the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
