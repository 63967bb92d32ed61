/** One message of a server-sent event stream. */
export interface StreamEvent {
  readonly id: string | undefined
  readonly event: string
  readonly data: string
}

/** Characters of an unfinished message kept; a longer one is dropped and counted. */
const BUFFER_LENGTH_MAX = 4 * 1024 * 1024

/**
 * Reads `text/event-stream` piece by piece.
 *
 * Own code because EventSource cannot be told a Last-Event-ID after it has given up, and gives up
 * on every answer that is not 200.
 *
 * ```
 * stream = [BOM] *event          event   = *(comment / field) end-of-line
 * field  = name [":" [" "] value] eol    comment = ":" *any eol
 * eol    = CRLF / LF / CR
 * ```
 *
 * @see WHATWG HTML, section 9.2.6, interpreting an event stream.
 */
export class EventStreamParser {
  /** Messages turned away because they were longer than the limit. */
  discarded = 0
  private rest = ''
  private data: string[] = []
  private dataLength = 0
  private event = ''
  private id: string | undefined
  private skipping = false

  /** Takes a piece of text and returns the messages it completed. */
  push(text: string): StreamEvent[] {
    const messages: StreamEvent[] = []
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/)
    this.rest = lines.pop() ?? ''
    for (const line of lines) {
      const message = this.line(line)
      if (message !== undefined) messages.push(message)
    }
    if (this.rest.length > BUFFER_LENGTH_MAX) this.skip()
    return messages
  }

  private skip(): void {
    if (!this.skipping) this.discarded += 1
    this.skipping = true
    this.rest = ''
    this.data = []
  }

  private line(line: string): StreamEvent | undefined {
    if (line === '') return this.dispatch()
    const colon = line.indexOf(':')
    if (colon === 0) return undefined
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'data') this.addData(value)
    if (name === 'event') this.event = value
    if (name === 'id' && !value.includes('\0')) this.id = value
    return undefined
  }

  private addData(value: string): void {
    this.dataLength += value.length + 1
    if (this.dataLength > BUFFER_LENGTH_MAX) this.skip()
    if (!this.skipping) this.data.push(value)
  }

  private dispatch(): StreamEvent | undefined {
    const { data, event, skipping } = this
    this.data = []
    this.dataLength = 0
    this.event = ''
    this.skipping = false
    if (skipping || data.length === 0) return undefined
    return { id: this.id, event: event === '' ? 'message' : event, data: data.join('\n') }
  }
}
