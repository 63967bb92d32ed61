/** A network between agents and their server that breaks, loses, delays and cuts. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A whole number from 0 up to, not including, `sides`. */
type Dice = (sides: number) => number

/** What the network does to what passes. */
export interface Weather {
  /** Of a thousand pieces, so many end their connection: a loss that TCP could not make good. */
  readonly breaksPerMille: number
  /** Each piece waits up to this long; pieces of one connection stay in order. */
  readonly delayMsMax: number
}

export const FAIR: Weather = { breaksPerMille: 0, delayMsMax: 0 }

/** Forwards connections of its own port to another one on this machine. */
export class ChaosProxy {
  weather: Weather = FAIR
  readonly #next: Dice
  readonly #target: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isCut = false
  readonly counts = { connections: 0, refused: 0, broken: 0, cuts: 0, bytesToServer: 0 }

  private constructor(target: number, next: Dice) {
    this.#target = target
    this.#next = next
    this.#server = createServer((socket) => this.#accept(socket))
  }

  static async open(target: number, next: Dice): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(target, next)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    if (typeof address !== 'object' || address === null) throw new Error('the proxy is closed')
    return address.port
  }

  /** Nothing passes for so long: what is open breaks, what is new is refused. */
  async cut(durationMs: number): Promise<void> {
    this.#isCut = true
    this.counts.cuts += 1
    for (const socket of this.#sockets) socket.destroy()
    await sleep(durationMs)
    this.#isCut = false
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(client: Socket): void {
    if (this.#isCut) {
      this.counts.refused += 1
      client.resetAndDestroy()
      return
    }
    this.counts.connections += 1
    const server = connect(this.#target, '127.0.0.1')
    void this.#pump(client, server, true)
    void this.#pump(server, client, false)
  }

  async #pump(from: Socket, to: Socket, isToServer: boolean): Promise<void> {
    this.#sockets.add(from)
    // An end of either side is an end of both, whatever its reason.
    from.on('error', () => undefined)
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
    try {
      for await (const piece of from) {
        // Of a socket without an encoding.
        const bytes = piece as Buffer
        const { breaksPerMille, delayMsMax } = this.weather
        if (delayMsMax > 0) await sleep(this.#next(delayMsMax))
        if (this.#next(1_000) < breaksPerMille) {
          this.counts.broken += 1
          to.write(bytes.subarray(0, this.#next(bytes.length)))
          from.resetAndDestroy()
          return
        }
        if (isToServer) this.counts.bytesToServer += bytes.length
        if (!to.write(bytes)) await once(to, 'drain')
      }
      to.end()
    } catch {
      to.destroy()
    }
  }
}
