import { ModelspineError } from '../../errors.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import type { Key } from '../../resources/metadata.ts'
import type { TypedObject } from '../../store/typed-store.ts'
import type { Instruction } from '../machine/machine-types.ts'
import { initialStatus } from '../machine/status-edits.ts'
import { commitStatus } from './commit-status.ts'
import type { ReconcileContext, ReconcilerOptions } from './reconciler-options.ts'

/** One run for one deployment: the object as this run read or wrote it last. */
export class DeploymentRun {
  readonly options: ReconcilerOptions
  readonly context: ReconcileContext
  readonly key: Key
  #stored: TypedObject<'ModelDeployment'>

  constructor(options: ReconcilerOptions, context: ReconcileContext, stored: TypedObject<'ModelDeployment'>) {
    this.options = options
    this.context = context
    this.key = stored.key
    this.#stored = stored
  }

  get stored(): TypedObject<'ModelDeployment'> {
    return this.#stored
  }

  get deployment(): ModelDeployment {
    return this.#stored.resource
  }

  get status(): DeploymentStatus {
    return this.#stored.status ?? initialStatus(this.options.clock.now())
  }

  get now(): number {
    return this.options.clock.now()
  }

  /** Reads the object again. Throws `conflict` when it is gone, or another spec was declared. */
  async reread(): Promise<void> {
    const { generation, uid, deletion } = this.#stored
    const fresh = await this.options.store.get('ModelDeployment', this.key)
    if (fresh === null || fresh.uid !== uid || fresh.generation !== generation) {
      throw new ModelspineError('conflict', `${this.key} was declared anew while it was looked at`)
    }
    if (fresh.deletion !== undefined && deletion === undefined) {
      throw new ModelspineError('conflict', `${this.key} was deleted while it was looked at`)
    }
    this.#stored = fresh
  }

  /** Reads the object again after a conflict. False when it is gone or another one stands in its place. */
  async refresh(): Promise<boolean> {
    const fresh = await this.options.store.get('ModelDeployment', this.key)
    if (fresh === null || fresh.uid !== this.#stored.uid) return false
    this.#stored = fresh
    return true
  }

  async write(
    status: DeploymentStatus,
    events: Instruction['events'],
    { finalizers, urgent }: { readonly finalizers?: readonly string[]; readonly urgent?: boolean } = {},
  ): Promise<void> {
    const written = await commitStatus(this.options, this.#stored, status, events, {
      held: this.context.held,
      ...(finalizers !== undefined && { finalizers }),
      ...(urgent === true && { urgent }),
    })
    if (written !== null) this.#stored = written
  }
}
