import type { TccContext, TccResult } from './statement.ts'
import type { UnifiedLogRecord } from './record.ts'

/** A request for something private and its answer. */
export interface TccRequest {
  readonly kind: 'tcc_request'
  readonly messageId: string
  /** Absent when what was asked for was not seen. */
  readonly service?: string
  readonly isPreflight: boolean
  /** 0 denied, 1 unknown, 2 allowed, 3 limited. */
  readonly value: number
  readonly reason?: number
}

const CONTEXTS_MAX = 1_024

/**
 * Joins what processes ask of tccd with what it answers, which are two messages with one id. The
 * oldest questions are forgotten when too many have no answer.
 */
export class TccRequests {
  readonly #contextsMax: number
  readonly #contexts = new Map<string, TccContext>()

  constructor(contextsMax = CONTEXTS_MAX) {
    this.#contextsMax = contextsMax
  }

  /** Questions without an answer. */
  get waiting(): number {
    return this.#contexts.size
  }

  /** Remembers a question. */
  ask(context: TccContext, { process }: UnifiedLogRecord): void {
    const key = `${process.pid} ${context.messageId}`
    this.#contexts.delete(key)
    this.#contexts.set(key, context)
    if (this.#contexts.size <= this.#contextsMax) return
    for (const oldest of this.#contexts.keys()) {
      this.#contexts.delete(oldest)
      return
    }
  }

  /** Joins an answer with its question. */
  answer(result: TccResult, { process }: UnifiedLogRecord): TccRequest {
    const { messageId, value, reason } = result
    const key = `${process.pid} ${messageId}`
    const context = this.#contexts.get(key)
    this.#contexts.delete(key)
    return {
      kind: 'tcc_request',
      messageId,
      isPreflight: context?.isPreflight ?? false,
      value,
      ...(context !== undefined && { service: context.service }),
      ...(reason !== undefined && { reason }),
    }
  }
}
