export { createFakeClock, type FakeClock, type FakeClockOptions } from './fake-clock.ts'
export { brokenLaws, type Fixture, type KitOptions, type Law, runKit, type TestRunner } from './kit.ts'
