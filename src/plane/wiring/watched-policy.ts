import type { Decision, PolicyEngine } from '../../policy/contract.ts'
import type { ControlTelemetry } from '../../telemetry/control-telemetry.ts'

/** The same engine. Telemetry counts each of its answers. */
export function watchedPolicy(engine: PolicyEngine, { decided }: ControlTelemetry): PolicyEngine {
  const { name, actions } = engine
  return {
    name,
    actions,
    decide(request, options) {
      const { action } = request
      const tell = (verdict: Decision['verdict']): void => decided({ policy: name, action, verdict })
      const told = (decision: Decision): Decision => {
        tell(decision?.verdict ?? 'error')
        return decision
      }
      const failed = (error: unknown): never => {
        tell('error')
        throw error
      }
      try {
        const decision = engine.decide(request, options)
        return decision instanceof Promise ? decision.then(told, failed) : told(decision)
      } catch (error) {
        return failed(error)
      }
    },
  }
}
