/** Version of the agent; a test holds it to that of the package. */
export const AGENT_VERSION = '0.1.0'
