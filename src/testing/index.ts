export { type AuditLogSubject, auditLogConformance, auditLogLaws } from './audit-log-kit.ts'
export {
  deploymentTargetConformance,
  deploymentTargetLaws,
  type TargetSubject,
  type VendorRevision,
} from './deployment-target-kit.ts'
export { createFakeClock, type FakeClock, type FakeClockOptions } from './fake-clock.ts'
export {
  brokenLaws,
  type Fixture,
  type KitOptions,
  type Law,
  type NotApplicable,
  runKit,
  skippedLaws,
  type TestRunner,
} from './kit.ts'
export { type MetricSourceSubject, metricSourceConformance, metricSourceLaws } from './metric-source-kit.ts'
export {
  type ModelProviderSubject,
  modelProviderConformance,
  modelProviderLaws,
  type ScriptedUpstream,
  type StreamEnd,
  scriptedAnswer,
  type UpstreamCall,
  type UpstreamScript,
} from './model-provider-kit.ts'
export {
  type ModelRegistrySubject,
  modelRegistryConformance,
  modelRegistryLaws,
  type SeededModel,
  type SeedModel,
  type SeedVersion,
} from './model-registry-kit.ts'
export { type PolicyEngineSubject, policyEngineConformance, policyEngineLaws } from './policy-engine-kit.ts'
export { type PolicyRequests, policyRequests } from './policy-requests.ts'
export { type PriceTableSubject, priceTableConformance, priceTableLaws } from './price-table-kit.ts'
export { type SecretStoreSubject, secretStoreConformance, secretStoreLaws } from './secret-store-kit.ts'
export { type StateStoreSubject, stateStoreConformance, stateStoreLaws } from './state-store-kit.ts'
