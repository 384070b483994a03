import type { Mutant } from './mutant.ts'

const guards = 'test/unit/plane/wiring/guards'

/** Mutants of the promises about turns, rates and shared questions. */
export const scaleMutants: readonly Mutant[] = [
  {
    law: 'E8',
    what: 'lower priorities have no share of the turns',
    file: 'src/reconcile/priority-lines.ts',
    find: 'return passedOver ?? highest',
    replace: 'return highest',
    tests: ['test/unit/reconcile/queue.test.ts'],
  },
  {
    law: 'E8',
    what: 'what a person asked for before a start is a mere look after it',
    file: 'src/plane/wiring/leader-work.ts',
    find: '{ priority: priorityOfStored(stored) }',
    replace: '{ priority: priorities.resync }',
    tests: ['test/unit/plane/fleet.test.ts'],
  },
  {
    law: 'E8',
    what: 'a deployment that waits in a line stays where it is when a person changes it',
    file: 'src/plane/wiring/guards/room/bulkhead.ts',
    find: 'if (waiting.priority >= priority) return',
    replace: 'if (waiting.priority >= 0) return',
    tests: [`${guards}/room/bulkhead.test.ts`],
  },
  {
    law: 'E8',
    what: 'a person’s change that failed comes back as a look of the loop',
    file: 'src/reconcile/loop.ts',
    find: "const goesOn = result.kind === 'retry' || againInMs === 0",
    replace: 'const goesOn = false',
    tests: ['test/unit/reconcile/loop.test.ts'],
  },
  {
    law: 'E9',
    what: 'a rate lets every call through',
    file: 'src/plane/wiring/guards/room/token-bucket.ts',
    find: 'if (this.#tokens < this.#needed(priority)) return false',
    replace: '',
    tests: [`${guards}/room/token-bucket.test.ts`],
  },
  {
    law: 'E9',
    what: 'looks of the loop leave no token for people',
    file: 'src/plane/wiring/guards/room/token-bucket.ts',
    find: '(priority === priorities.user ? 0 : this.#kept)',
    replace: '0',
    tests: [`${guards}/room/token-bucket.test.ts`],
  },
  {
    law: 'E10',
    what: 'a person’s change gets an answer that the registry gave to others before',
    file: 'src/plane/wiring/guards/guard-registry.ts',
    find: 'part.priorityOf(key) === priorities.user ? undefined : shared.find(question)',
    replace: 'shared.find(question)',
    tests: [`${guards}/shared/shared-lookups.test.ts`],
  },
  {
    law: 'E10',
    what: 'an answer from before a hint is used after it',
    file: 'src/plane/wiring/guards/guard-registry.ts',
    find: '          shared.forget()\n          yield hint',
    replace: '          yield hint',
    tests: [`${guards}/shared/shared-lookups.test.ts`],
  },
  {
    law: 'E10',
    what: 'what a person asked for waits for the looks of a resync',
    file: 'src/plane/wiring/guards/guard-target.ts',
    find: 'looks === undefined || part.priorityOf(key) !== priorities.resync',
    replace: 'looks === undefined',
    tests: [`${guards}/shared/looks-together.test.ts`],
  },
  {
    law: 'E8',
    what: 'each change wakes everybody who waits for anything',
    file: 'src/plane/wiring/stored/wait-board.ts',
    find: 'for (const changed of waiting.get(key) ?? []) changed()',
    replace: 'for (const those of waiting.values()) for (const changed of those) void (key && changed())',
    tests: ['test/unit/plane/wiring/stored/wait-board.test.ts'],
  },
]
