/** Things by name, of which a reader sees an older state for a while. */
export class Versioned<Value> {
  private readonly history = new Map<
    string,
    { readonly fromMs: number; readonly value: Value | undefined }[]
  >()
  private readonly nowMs: () => number
  private readonly lagMs: () => number

  constructor(nowMs: () => number, lagMs: () => number) {
    this.nowMs = nowMs
    this.lagMs = lagMs
  }

  set(name: string, value: Value | undefined, fromMs: number = this.nowMs()): void {
    this.history.set(name, [...(this.history.get(name) ?? []), { fromMs, value: structuredClone(value) }])
  }

  /** As it is. */
  get(name: string): Value | undefined {
    return structuredClone(this.history.get(name)?.at(-1)?.value)
  }

  /** As a reader sees it. */
  seen(name: string): Value | undefined {
    const untilMs = this.nowMs() - this.lagMs()
    return structuredClone(this.history.get(name)?.findLast(({ fromMs }) => fromMs <= untilMs)?.value)
  }

  names(): readonly string[] {
    return [...this.history.keys()].filter((name) => this.get(name) !== undefined)
  }

  seenNames(): readonly string[] {
    return [...this.history.keys()].filter((name) => this.seen(name) !== undefined).sort()
  }
}
