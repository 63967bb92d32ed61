/** A signed-in person, as the API sees one. */
import type { StreamMessage } from '@pomona/schema'

/** What a first user needs; any values will do. */
export const PERSON = { name: 'ana', password: 'orchard-in-the-rain' }

/** Makes the first user through the one-time link and answers questions as that user. */
export class Analyst {
  readonly #origin: string
  readonly #cookie: string

  private constructor(origin: string, cookie: string) {
    this.#origin = origin
    this.#cookie = cookie
  }

  static async firstRun(link: string): Promise<Analyst> {
    const { origin, hash } = new URL(link)
    const token = new URLSearchParams(hash.slice(1)).get('token')
    const response = await fetch(`${origin}/api/v1/first-run`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ token, ...PERSON }),
    })
    if (response.status !== 201) throw new Error(`first run: ${await response.text()}`)
    const [cookie = ''] = response.headers.getSetCookie()
    return new Analyst(origin, cookie.split(';')[0] ?? '')
  }

  /** Reads one resource. The shape is the API's own; suites of the server check it. */
  async get(path: string): Promise<Record<string, unknown>> {
    return await this.#ask(path, {})
  }

  /** Does something, as a page of the console would. */
  async post(path: string, body: unknown): Promise<Record<string, unknown>> {
    const headers = { 'content-type': 'application/json', origin: this.#origin }
    return await this.#ask(path, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  async #ask(path: string, { headers, ...request }: RequestInit): Promise<Record<string, unknown>> {
    const given = { ...request, headers: { ...headers, cookie: this.#cookie } }
    const response = await fetch(this.#origin + path, given)
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    const body: unknown = await response.json()
    if (typeof body !== 'object' || body === null) throw new Error(`${path}: not an object`)
    return { ...body }
  }

  /** Reads a resource that is no JSON. */
  async text(path: string): Promise<string> {
    const response = await fetch(this.#origin + path, { headers: { cookie: this.#cookie } })
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    return await response.text()
  }

  /** Live messages, as a console that is open gets them, until the signal is aborted. */
  async *live(signal: AbortSignal): AsyncGenerator<StreamMessage> {
    const given = { headers: { cookie: this.#cookie }, signal }
    const response = await fetch(`${this.#origin}/api/v1/stream`, given)
    if (!response.ok || response.body === null) throw new Error(`stream: ${response.status}`)
    let held = ''
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (held + text).split('\n')
      held = lines.pop() ?? ''
      for (const line of lines) {
        // As the server wrote it; its suites check it.
        if (line.startsWith('data: ')) yield JSON.parse(line.slice(6)) as StreamMessage
      }
    }
  }

  /** Reads all pages of a list. */
  async all(path: string): Promise<readonly unknown[]> {
    const items: unknown[] = []
    let cursor: unknown
    do {
      const page = await this.get(
        typeof cursor === 'string' ? `${path}&cursor=${encodeURIComponent(cursor)}` : path,
      )
      if (Array.isArray(page['items'])) items.push(...page['items'])
      cursor = page['next_cursor']
    } while (typeof cursor === 'string')
    return items
  }
}
