import type { StageCounts } from '@pomona/schema'

type Labels = Readonly<Record<string, string>>

interface Sample {
  readonly labels: Labels
  readonly value: number
}

interface Gauge {
  readonly name: string
  readonly description: string
  readonly read: () => readonly Sample[]
}

/** Something that keeps books as a stage does. */
export interface Counted {
  readonly description: string
  counts(): StageCounts
}

/** A count that only rises, split by labels of few values. */
export class Counter {
  readonly name: string
  readonly description: string
  readonly #samples = new Map<string, { labels: Labels; value: number }>()
  readonly #seriesMax: number

  /** @param options.seriesMax Label combinations kept; further ones are counted without labels. */
  constructor(options: { name: string; description: string; seriesMax?: number }) {
    this.name = options.name
    this.description = options.description
    this.#seriesMax = options.seriesMax ?? 500
  }

  add(count: number, labels: Labels = {}): void {
    let key = JSON.stringify(labels)
    let kept = labels
    if (!this.#samples.has(key) && this.#samples.size >= this.#seriesMax) {
      key = '{}'
      kept = {}
    }
    const sample = this.#samples.get(key)
    if (sample === undefined) this.#samples.set(key, { labels: kept, value: count })
    else sample.value += count
  }

  samples(): readonly Sample[] {
    return [...this.#samples.values()]
  }
}

/**
 * What `/metrics` prints: stages, counters and gauges in Prometheus text format.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4)
 */
export class MetricsRegistry {
  readonly #stages: Counted[] = []
  readonly #counters: Counter[] = []
  readonly #gauges: Gauge[] = []

  stage<T extends Counted>(stage: T): T {
    this.#stages.push(stage)
    return stage
  }

  counter(name: string, description: string): Counter {
    const counter = new Counter({ name, description })
    this.#counters.push(counter)
    return counter
  }

  gauge(gauge: Gauge): void {
    this.#gauges.push(gauge)
  }

  stages(): readonly StageCounts[] {
    return this.#stages.map((stage) => stage.counts())
  }

  text(): string {
    const lines: string[] = []
    for (const stage of this.#stages) stageLines(stage, lines)
    for (const counter of this.#counters) {
      family({ ...headOf(counter), type: 'counter', samples: counter.samples() }, lines)
    }
    for (const gauge of this.#gauges) {
      family({ ...headOf(gauge), type: 'gauge', samples: gauge.read() }, lines)
    }
    return `${lines.join('\n')}\n`
  }
}

function headOf(metric: { readonly name: string; readonly description: string }) {
  return { name: metric.name, description: metric.description }
}

function stageLines(stage: Counted, lines: string[]): void {
  const { stage: name, received, sent, held, discarded } = stage.counts()
  const total = (noun: string, description: string, samples: readonly Sample[]): void =>
    family({ name: `pomona_${name}_${noun}_total`, description, type: 'counter', samples }, lines)
  const about = stage.description
  total('received', `${about}: received.`, [{ labels: {}, value: received }])
  total('sent', `${about}: sent on.`, [{ labels: {}, value: sent }])
  const discards = discarded.map(({ reason, intentional, count }) => ({
    labels: { reason, intentional: String(intentional) },
    value: count,
  }))
  total('discarded', `${about}: discarded, by reason.`, discards)
  family(
    {
      name: `pomona_${name}_held`,
      description: `${about}: received, not yet sent or discarded.`,
      type: 'gauge',
      samples: [{ labels: {}, value: held }],
    },
    lines,
  )
}

interface Family {
  readonly name: string
  readonly description: string
  readonly type: 'counter' | 'gauge'
  readonly samples: readonly Sample[]
}

function family({ name, description, type, samples }: Family, lines: string[]): void {
  lines.push(`# HELP ${name} ${description}`, `# TYPE ${name} ${type}`)
  for (const { labels, value } of samples) {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`)
    lines.push(`${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`)
  }
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
