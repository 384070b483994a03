import type { Mutant } from './mutant.ts'

const late = 'test/unit/plane/late-numbers.test.ts'

/** Mutants of what a leader judges by: when numbers have arrived, whose numbers they are, and how many fit. */
export const signalMutants: readonly Mutant[] = [
  {
    law: 6,
    what: 'a step is judged before its late numbers are there',
    file: 'src/rollout/machine/moves/analyze.ts',
    find: 'return declared.delaysMs?.[gate] ?? 0',
    replace: 'return 0 * (declared.delaysMs?.[gate] ?? 0)',
    tests: [late],
  },
]
