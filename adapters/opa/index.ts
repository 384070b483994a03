export {
  type OpaActor,
  type OpaCommandInput,
  type OpaDeleteInput,
  type OpaDeployInput,
  type OpaDeployment,
  type OpaInput,
  type OpaMetadata,
  type OpaModel,
  type OpaPromoteInput,
  type OpaResource,
  type OpaRevision,
  type OpaRoute,
  type OpaRuntime,
  opaInput,
} from './opa-input.ts'
export type { OpaDecisionOptions } from './opa-options.ts'
export { type OpaPolicyOptions, opaPolicy } from './opa-policy.ts'
export type { OpaFinding, OpaResult } from './opa-result.ts'
export {
  type OpaBuiltins,
  type OpaWasmPolicy,
  type OpaWasmPolicyOptions,
  type OpaWasmSource,
  opaWasmPolicy,
} from './opa-wasm-policy.ts'
