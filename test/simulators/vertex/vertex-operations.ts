import { type Failure, type Json, notFound } from './vertex-failure.ts'

interface Work {
  /** The resource that it works on, by its whole name. */
  readonly on: string
  /** The type of its metadata. */
  readonly type: string
  /** A name that nothing else may take while it runs. */
  readonly claims?: string
  readonly endsAtMs: number
  readonly time: string
  /** Does the work, and gives the response. */
  end(): Json
}

interface Operation extends Work {
  readonly name: string
  isDone: boolean
  failure?: Failure
  response?: Json
}

/** Long-running operations: each does its work when its time has come, or fails. */
export class VertexOperations {
  private readonly all: Operation[] = []
  private fails: Failure | undefined

  /** The next one that begins ends with this failure, and has done nothing. */
  failNext(failure: Failure): void {
    this.fails = failure
  }

  begin(work: Work): Json {
    const operation: Operation = {
      ...work,
      name: `${work.on}/operations/${9_000_000_000_000_000_000n + BigInt(this.all.length)}`,
      isDone: false,
      ...(this.fails !== undefined && { failure: this.fails }),
    }
    this.fails = undefined
    this.all.push(operation)
    return shown(operation)
  }

  /** Ends those whose time has come. */
  advance(nowMs: number): void {
    for (const operation of this.all) {
      if (operation.isDone || operation.endsAtMs > nowMs) continue
      operation.isDone = true
      if (operation.failure === undefined) operation.response = operation.end()
    }
  }

  isRunning(on: string): boolean {
    return this.all.some((each) => each.on === on && !each.isDone)
  }

  isClaimed(name: string): boolean {
    return this.all.some((each) => each.claims === name && !each.isDone)
  }

  get running(): number {
    return this.all.filter(({ isDone }) => !isDone).length
  }

  get(name: string): Json {
    const found = this.all.find((each) => each.name === name)
    if (found === undefined) throw notFound(name)
    return shown(found)
  }

  /** The newest first. */
  list(on: string): readonly Json[] {
    return this.all
      .filter((each) => each.on === on)
      .map(shown)
      .toReversed()
  }
}

function shown({ name, type, time, isDone, failure, response }: Operation): Json {
  const metadata = {
    '@type': `type.googleapis.com/google.cloud.aiplatform.v1.${type}`,
    genericMetadata: { createTime: time, updateTime: time },
  }
  if (!isDone) return { name, metadata }
  if (failure === undefined) return { name, metadata, done: true, response: response ?? {} }
  return { name, metadata, done: true, error: { code: failure.number, message: failure.message } }
}
