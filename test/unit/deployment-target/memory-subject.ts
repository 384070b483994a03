import { type MemoryTargetOptions, memoryTarget } from '../../../src/deployment-target/memory-target.ts'
import { createMemoryWorld, stateOf } from '../../../src/deployment-target/memory-world.ts'
import { ModelspineError } from '../../../src/errors.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import type { Fixture, TargetSubject } from '../../../src/testing/index.ts'
import { fileRevisions } from './revisions.ts'

interface Manners {
  readonly told?: 'answered' | 'observed'
  readonly listLagMs?: number
}

/** A memory target with delays, in the form that the conformance kit needs. */
export function memorySubject(
  capabilities: MemoryTargetOptions['capabilities'] = {},
  { told = 'answered', listLagMs }: Manners = {},
): Fixture<TargetSubject> {
  const clock = createFakeClock()
  const world = createMemoryWorld()
  const open = () =>
    memoryTarget({
      clock,
      world,
      capabilities,
      readyAfterMs: 1000,
      goneAfterMs: 500,
      observesMany: true,
      unfit: ({ name }) =>
        name === unfit.name
          ? { kind: 'refused', reason: 'NoSuchRuntime', message: 'not known here' }
          : undefined,
      ...(listLagMs !== undefined && { listLagMs }),
    })
  const unfit = { ...fileRevisions[0], name: 'unfit' }
  const target = open()
  return {
    subject: {
      target,
      revisions: fileRevisions,
      unfit,
      settle: () => clock.advance(1000),
      advance: (ms) => clock.advance(ms),
      created: () => world.created,
      mutations: () => world.journal.length,
      reopen: open,
      busyNext: () => target.busyNext(200),
      loseNextAnswer: () => target.failNext('apply', 'after'),
      failNextOperation: (reason) => target.failNextOperation(reason, told),
      faultNext: (text) =>
        target.failNext('apply', 'before', new ModelspineError('target-unavailable', text)),
      throttleNext: (ms) => target.busyNext(ms),
      disconnect: () => target.disturb('fail'),
      truth: (key) =>
        [...(stateOf(world).deployments.get(key)?.revisions.values() ?? [])].map(
          ({ revision: { name, model, runtime, settings }, readyAtMs, scale, weight }) => ({
            revision: name,
            ready: readyAtMs <= clock.now(),
            files: model.artifact.kind === 'files' ? model.artifact.files.map(({ uri }) => uri) : [],
            env: runtime.env,
            settings,
            scale,
            weight,
          }),
        ),
    },
  }
}
