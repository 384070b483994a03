import { acceptFence, type FenceRecord } from '../../../../src/deployment-target/accept-fence.ts'
import type { ApplyResult, DeploymentTarget } from '../../../../src/deployment-target/contract.ts'
import { describeTargetStep, targetSteps } from '../../../../src/deployment-target/target-steps.ts'
import { wantRefusal } from '../../../../src/deployment-target/want-refusal.ts'
import { ModelspineError } from '../../../../src/errors.ts'
import type { Vendor } from './vendor.ts'

const key = 'default/churn'

/**
 * The fault of the next `apply` or `destroy`. Only `lost-after` still does the work. With `fails-later` the
 * vendor takes the mutation, and later looks show that it failed.
 */
export type TargetFault =
  | 'busy'
  | 'refused'
  | 'not-sent'
  | 'fails'
  | 'fails-later'
  | 'lost-before'
  | 'lost-after'

export interface VendorTarget extends DeploymentTarget {
  readonly vendor: Vendor
  fault: TargetFault | undefined
  /** While true, no call gets through. */
  away: boolean
}

/** A target that keeps the contract: one mutation for each call, whole wants, old fences refused. */
export function vendorTarget(vendor: Vendor): VendorTarget {
  const { capabilities } = vendor
  let known: FenceRecord | undefined

  const enter = (call: Parameters<typeof acceptFence>[2]): void => {
    if (target.away) throw new ModelspineError('target-unavailable', 'connection refused')
    if (capabilities.fencing === 'checked') known = acceptFence(key, known, call)
  }
  const answer = <Answer extends ApplyResult>(
    operationId: string,
    work: () => Answer,
  ): Answer | Exclude<ApplyResult, { kind: 'unchanged' }> => {
    const { fault } = target
    target.fault = undefined
    switch (fault) {
      case 'busy':
        return { kind: 'busy', retryAfterMs: 500 }
      case 'refused':
        return { kind: 'refused', reason: 'QuotaExceeded', message: 'no room' }
      case 'not-sent':
        return { kind: 'not-sent', reason: 'CircuitOpen', message: 'the circuit is open' }
      case 'fails':
        return { kind: 'failed', reason: 'NoCapacity', message: 'the vendor has no capacity' }
      case 'fails-later':
        vendor.fail(operationId)
        return { kind: 'accepted' }
      case 'lost-before':
        throw new ModelspineError('target-unavailable', 'no answer')
      case 'lost-after':
        work()
        throw new ModelspineError('target-unavailable', 'no answer')
      default:
        return work()
    }
  }

  const target: VendorTarget = {
    vendor,
    fault: undefined,
    away: false,
    capabilities,
    checkSettings: () => [],
    plan: (want, observed) =>
      wantRefusal(want, capabilities) ?? {
        kind: 'steps',
        steps: targetSteps(want, observed, capabilities).map(describeTargetStep),
      },
    async apply(_key, want, call) {
      enter(call)
      const { operationId, handles = [], ifMatch } = call
      if (ifMatch !== undefined && ifMatch !== String(vendor.version)) {
        throw new ModelspineError('conflict', `the etag is ${vendor.version}, not ${ifMatch}`)
      }
      return wantRefusal(want, capabilities) ?? answer(operationId, () => vendor.apply(want, handles))
    },
    async observe(_key, { handles = [] } = {}) {
      if (target.away) throw new ModelspineError('target-unavailable', 'connection refused')
      return {
        revisions: vendor.list(handles),
        operations: vendor.failed,
        ...(capabilities.fencing === 'conditional' && { etag: String(vendor.version) }),
      }
    },
    async list() {
      if (target.away) throw new ModelspineError('target-unavailable', 'connection refused')
      return vendor.list([]).length > 0 ? [key] : []
    },
    async destroy(_key, call) {
      enter(call)
      const { operationId, handles = [] } = call
      if (target.fault === 'refused') target.fault = undefined
      const done = answer(operationId, () => vendor.destroy(handles))
      if (done.kind === 'refused') throw new Error('destroy refuses nothing')
      return done
    },
  }
  return target
}
