/** Writes lines as eslogger does, as small as a test needs them, numbered per type and over all. */
export class LineWriter {
  readonly #numbers = new Map<string, number>()
  #globalNumber = 0

  line(type: string, fields: { readonly body?: string; readonly process?: string } = {}): string {
    const number = this.#numbers.get(type) ?? 0
    this.#numbers.set(type, number + 1)
    const second = String(this.#globalNumber % 60).padStart(2, '0')
    const process =
      fields.process ??
      '{"audit_token":{"pid":400,"pidversion":7},"group_id":400,"executable":{"path":"/bin/zsh"}}'
    const line =
      `{"version":10,"time":"2026-03-02T08:30:${second}.000000000Z","seq_num":${number},` +
      `"global_seq_num":${this.#globalNumber},"process":${process},` +
      `"event":{"${type}":${fields.body ?? '{}'}}}\n`
    this.#globalNumber += 1
    return line
  }

  /** Events that the kernel dropped: numbers are taken, nothing is written. */
  lose(type: string, count: number): void {
    for (let lost = 0; lost < count; lost += 1) this.line(type)
  }
}
