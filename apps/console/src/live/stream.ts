import { StreamMessage } from '@pomona/schema'
import { backoffMs } from './backoff.ts'
import { EventStreamParser } from './event-stream.ts'

/** `refused` means the server ended it for good: no session. */
export type StreamState = 'connecting' | 'live' | 'offline' | 'refused'

/** What a connection tells its owner. */
export interface StreamListener {
  onMessage(message: StreamMessage): void
  onState(state: StreamState): void
  /** Messages may have been missed: a first connection, or one the server could not resume. */
  onReset(): void
}

/** A silent connection is a dead one: the server sends a comment every 15 seconds. */
const SILENCE_MS_MAX = 45_000
const OFFLINE_AFTER_MS = 2500

/** How a connection behaves; the defaults are for people. */
export interface LiveStreamOptions {
  /** Trouble shorter than this is not worth a banner. */
  readonly offlineAfterMs?: number
  /** Number from 0 to below 1, to spread consoles that come back. */
  readonly random?: () => number
}

/** A live connection to the server that comes back by itself, from where it stopped. */
export class LiveStream {
  /** Messages that could not be read. */
  discarded = 0
  private readonly address: string
  private readonly listener: StreamListener
  private readonly offlineAfterMs: number
  private readonly random: () => number
  private stopping = new AbortController()
  private waiting: (() => void) | undefined
  private lastId: string | undefined
  private state: StreamState = 'connecting'
  private offlineTimer: ReturnType<typeof setTimeout> | undefined

  constructor(address: string, listener: StreamListener, options: LiveStreamOptions = {}) {
    this.address = address
    this.listener = listener
    this.offlineAfterMs = options.offlineAfterMs ?? OFFLINE_AFTER_MS
    this.random = options.random ?? Math.random
  }

  /** Connects and stays connected until `stop`. */
  start(): void {
    this.stopping = new AbortController()
    void this.run(this.stopping.signal)
  }

  /** Ends the connection for good. */
  stop(): void {
    this.stopping.abort()
    clearTimeout(this.offlineTimer)
    this.waiting?.()
  }

  /** Tries again at once instead of waiting. */
  retry(): void {
    this.waiting?.()
  }

  private setState(state: StreamState): void {
    clearTimeout(this.offlineTimer)
    this.offlineTimer = undefined
    if (state === this.state) return
    this.state = state
    this.listener.onState(state)
    if (state === 'live' && this.lastId === undefined) this.listener.onReset()
  }

  private failed(): void {
    if (this.state === 'offline') return
    // The first failure starts the clock; later ones must not wind it back.
    this.offlineTimer ??= setTimeout(() => this.setState('offline'), this.offlineAfterMs)
  }

  private async run(signal: AbortSignal): Promise<void> {
    let attempt = 0
    while (!signal.aborted) {
      const opened = await this.connect(signal).catch(() => false)
      if (opened === 'refused' || signal.aborted) return
      attempt = opened ? 1 : attempt + 1
      this.failed()
      await this.pause(backoffMs(attempt, { random: this.random() }), signal)
    }
  }

  private pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.waiting = undefined
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.waiting = done
      if (signal.aborted) done()
    })
  }

  /** @returns Whether the connection stood before it ended. */
  private async connect(signal: AbortSignal): Promise<boolean | 'refused'> {
    const attempt = new AbortController()
    const abort = () => attempt.abort()
    signal.addEventListener('abort', abort, { once: true })
    let silence = setTimeout(abort, SILENCE_MS_MAX)
    let opened = false
    try {
      const response = await fetch(this.address, {
        headers: {
          accept: 'text/event-stream',
          ...(this.lastId === undefined ? {} : { 'last-event-id': this.lastId }),
        },
        credentials: 'same-origin',
        cache: 'no-store',
        signal: attempt.signal,
      })
      if (response.status === 401) {
        this.setState('refused')
        return 'refused'
      }
      if (!response.ok || response.body === null) return false
      opened = true
      this.setState('live')
      await this.read(response.body, () => {
        clearTimeout(silence)
        silence = setTimeout(abort, SILENCE_MS_MAX)
      })
      return opened
    } catch {
      // Broken off, refused or silent: all the same to the loop, which tries again.
      return opened
    } finally {
      clearTimeout(silence)
      signal.removeEventListener('abort', abort)
    }
  }

  private async read(body: ReadableStream<Uint8Array>, heard: () => void): Promise<void> {
    const parser = new EventStreamParser()
    const decoder = new TextDecoder()
    for await (const chunk of body) {
      heard()
      for (const event of parser.push(decoder.decode(chunk, { stream: true }))) {
        if (event.id !== undefined) this.lastId = event.id
        this.deliver(event.data)
      }
    }
  }

  private deliver(data: string): void {
    let value: unknown
    try {
      value = JSON.parse(data)
    } catch {
      this.discarded += 1
      return
    }
    const message = StreamMessage.safeParse(value)
    if (!message.success) this.discarded += 1
    else if (message.data.kind === 'reset') this.listener.onReset()
    else this.listener.onMessage(message.data)
  }
}
