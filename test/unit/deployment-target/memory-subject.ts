import { type MemoryTargetOptions, memoryTarget } from '../../../src/deployment-target/memory-target.ts'
import { createMemoryWorld } from '../../../src/deployment-target/memory-world.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import type { Fixture, TargetSubject } from '../../../src/testing/index.ts'
import { fileRevisions } from './revisions.ts'

/** A memory target with delays, in the form that the conformance kit needs. */
export function memorySubject(
  capabilities: MemoryTargetOptions['capabilities'] = {},
  { told = 'answered' }: { readonly told?: 'answered' | 'observed' } = {},
): Fixture<TargetSubject> {
  const clock = createFakeClock()
  const world = createMemoryWorld()
  const open = () => memoryTarget({ clock, world, capabilities, readyAfterMs: 1000, goneAfterMs: 500 })
  const target = open()
  return {
    subject: {
      target,
      revisions: fileRevisions,
      settle: () => clock.advance(1000),
      created: () => world.created,
      mutations: () => world.journal.length,
      reopen: open,
      busyNext: () => target.busyNext(200),
      loseNextAnswer: () => target.failNext('apply', 'after'),
      failNextOperation: (reason) => target.failNextOperation(reason, told),
    },
  }
}
