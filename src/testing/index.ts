export {
  deploymentTargetConformance,
  deploymentTargetLaws,
  type TargetSubject,
} from './deployment-target-kit.ts'
export { createFakeClock, type FakeClock, type FakeClockOptions } from './fake-clock.ts'
export { brokenLaws, type Fixture, type KitOptions, type Law, runKit, type TestRunner } from './kit.ts'
export { type StateStoreSubject, stateStoreConformance, stateStoreLaws } from './state-store-kit.ts'
