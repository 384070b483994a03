import type { Mutant } from './mutant.ts'

const late = 'test/unit/plane/late-numbers.test.ts'
const names = 'test/unit/rollout/shell/revision-of.test.ts'
const shared = 'test/unit/plane/shared-measurements.test.ts'

/** Mutants of what a leader judges by: when numbers have arrived, whose numbers they are, and how many fit. */
export const signalMutants: readonly Mutant[] = [
  {
    law: 6,
    what: 'a step is judged before its late numbers are there',
    file: 'src/rollout/machine/moves/analyze.ts',
    find: '...gates.map((gate) => delaysMs[gate] ?? 0)',
    replace: '...gates.map((gate) => 0 * (delaysMs[gate] ?? 0))',
    tests: [late],
  },
  {
    law: 6,
    what: 'a leader judges by its own numbers alone',
    file: 'src/windows/count-message.ts',
    find: 'if (isRow(row)) counts.merge(entryOf(row), nowMs)',
    replace: 'if (isRow(row)) counts.readAt(nowMs)',
    tests: [shared],
  },
  {
    law: 6,
    what: 'what another process told is counted again at each reading',
    file: 'src/plane/wiring/measurement-exchange.ts',
    find: 'measurement.writer === writer || measurement.sequence <= (last?.sequence ?? 0)',
    replace: 'measurement.writer === writer && last === undefined',
    tests: [shared, 'test/unit/plane/wiring/measurement-exchange.test.ts'],
  },
  {
    law: 4,
    what: 'the order in which a registry lists files makes another revision',
    file: 'src/rollout/shell/revision-of.ts',
    find: 'return files.flatMap(({ digest }) => digest ?? []).sort()',
    replace: 'return files.flatMap(({ digest }) => digest ?? [])',
    tests: [names],
  },
  {
    law: 4,
    what: 'a revision gets another name than the status has for it',
    file: 'src/rollout/shell/revision-of.ts',
    find: 'if (same !== undefined) return same',
    replace: 'if (same !== undefined && known.length > 99) return same',
    tests: [names],
  },
  {
    law: 4,
    what: 'a flapping alias rolls the deployment each time',
    file: 'src/rollout/shell/damping.ts',
    find: 'if (pin === undefined || changesOf(status, generation, nowMs).length < freeChanges) {',
    replace: 'if (pin === undefined || nowMs > 0) {',
    tests: ['test/unit/plane/identity.test.ts'],
  },
  {
    law: 11,
    what: 'numbers are forgotten, and answers do not say so',
    file: 'src/windows/series-set.ts',
    find: 'this.#completeFromMs = Math.max(this.#completeFromMs, timeMs)',
    replace: 'this.#completeFromMs = Math.max(this.#completeFromMs, Math.min(0, timeMs))',
    tests: ['test/unit/windows/series-set.test.ts'],
  },
  {
    law: 11,
    what: 'signals that name made-up deployments push out the numbers of real ones',
    file: 'src/feedback/signal-windows.ts',
    find: 'return unknown === true ? this.#unknown : this.#known',
    replace: 'return unknown === true ? this.#known : this.#known',
    tests: ['test/unit/telemetry/many-revisions.test.ts'],
  },
]
