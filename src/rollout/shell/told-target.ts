import type {
  ApplyOptions,
  ApplyResult,
  DeploymentTarget,
  ObserveOptions,
  TargetWant,
} from '../../deployment-target/contract.ts'
import type { Key } from '../../resources/metadata.ts'

/** The revisions that the status holds. Left out when there is no status. */
type Told = Pick<ObserveOptions, 'applied'>

/** A target that is told whose secrets its vendor may repeat, and keeps them out of its words. */
export interface ToldTarget extends DeploymentTarget {
  apply(key: Key, want: TargetWant, options: ApplyOptions & Told): Promise<ApplyResult>
  destroy(
    key: Key,
    options: Omit<ApplyOptions, 'secret' | 'ifMatch'> & Told,
  ): ReturnType<DeploymentTarget['destroy']>
}
