import { VertexEndpoints } from './vertex-endpoints.ts'
import { Failure } from './vertex-failure.ts'
import { VertexModels } from './vertex-models.ts'
import { VertexOperations } from './vertex-operations.ts'

export interface Note {
  readonly atMs: number
  readonly did: 'create' | 'deploy' | 'deployed' | 'undeploy' | 'scale' | 'split' | 'delete' | 'upload'
  /** The resource, by its whole name. */
  readonly on: string
  readonly detail?: string | undefined
}

export interface WorldOptions {
  readonly now?: () => number
  /** How long operations take. Default: until `settle`. */
  readonly operationMs?: number
  /** How long lists lag behind. Default 0. */
  readonly listLagMs?: number
}

/** The id under which callers know the project. Vertex itself names it by its number. */
export const projectId = 'my-team'
export const projectNumber = '123456789012'
export const location = 'europe-west4'

/** What Vertex has of one project and location. */
export class VertexWorld {
  readonly operations: VertexOperations = new VertexOperations()
  readonly endpoints: VertexEndpoints = new VertexEndpoints(this, this.operations)
  readonly models: VertexModels = new VertexModels(this, this.operations)
  /** What was begun, in order, and the deployments that came to be. */
  readonly journal: Note[] = []
  readonly listLagMs: number
  /** Machines that may still be had. */
  quota: number = Number.POSITIVE_INFINITY
  private readonly now: () => number
  private readonly operationMs: number
  private numbers = 4_000_000_000_000_000_000n

  constructor({ now = Date.now, operationMs = Number.POSITIVE_INFINITY, listLagMs = 0 }: WorldOptions = {}) {
    this.now = now
    this.operationMs = operationMs
    this.listLagMs = listLagMs
  }

  get nowMs(): number {
    return this.now()
  }

  get time(): string {
    return new Date(this.nowMs).toISOString()
  }

  get operationEndsMs(): number {
    return this.nowMs + this.operationMs
  }

  /** A name with the project's number in it, as Vertex writes it. */
  named(name: string): string {
    return name.replace(`projects/${projectId}/`, `projects/${projectNumber}/`)
  }

  number(): bigint {
    this.numbers += 1n
    return this.numbers
  }

  note(did: Note['did'], on: string, detail?: string): void {
    this.journal.push({ atMs: this.nowMs, did, on, detail })
  }

  useQuota(machines: number): void {
    if (machines <= this.quota) return
    throw new Failure(
      'RESOURCE_EXHAUSTED',
      'The following quota metrics exceed quota limits: aiplatform.googleapis.com/custom_model_serving_cpus',
    )
  }

  /** Ends all operations, or those whose time has come. */
  advance(untilMs: number = this.nowMs): void {
    this.operations.advance(untilMs)
  }
}
