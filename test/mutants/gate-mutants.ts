import type { Mutant } from './mutant.ts'

const laws = 'test/unit/rollout/lives/laws.test.ts'
const misfortunes = 'test/unit/rollout/lives/misfortunes.test.ts'
const turns = 'test/unit/rollout/lives/turns.test.ts'
const strategies = 'test/unit/rollout/lives/strategies.test.ts'
const commands = 'test/unit/rollout/machine/commands.test.ts'
const moves = 'src/rollout/machine/moves'

/** Mutants of laws 6 and 7: gates, and aborted revisions. */
export const gateMutants: readonly Mutant[] = [
  {
    law: 6,
    what: 'no data, errors and too few samples count as pass',
    file: `${moves}/analyze.ts`,
    find: "judged.filter(({ verdict }) => verdict !== 'pass')",
    replace: "judged.filter(({ verdict }) => verdict === 'fail')",
    tests: [laws],
  },
  {
    law: 6,
    what: 'a rollout goes on in steps that are no longer declared',
    file: `${moves}/advance-rollout.ts`,
    find: "rollout.phase === 'starting' || standsInSteps(status, context.steps)",
    replace: "rollout.phase !== 'holding' || standsInSteps(status, context.steps)",
    tests: [laws],
  },
  {
    law: 6,
    what: 'a part of an interval counts as the whole interval',
    file: `${moves}/analyze.ts`,
    find: "if (step?.kind !== 'analyze' || coveredFromMs <=",
    replace: "if (step?.kind !== 'analyze' || 0 <=",
    tests: [laws, strategies],
  },
  {
    law: 6,
    what: 'data from before the step count',
    file: 'src/rollout/gates/read-gates.ts',
    find: 'if (reading.covered !== undefined && reading.covered.fromMs < fromMs) {',
    replace: 'if (reading.covered !== undefined && reading.covered.fromMs < 0) {',
    tests: [laws, 'test/unit/rollout/gates/read-gates.test.ts'],
  },
  {
    law: 6,
    what: 'a promotion does not say which gates it skipped',
    file: 'src/rollout/machine/commands.ts',
    find: "step.kind === 'analyze' ? step.gates : []",
    replace: "step.kind === 'analyze' ? [] : []",
    tests: [laws, commands],
  },
  {
    law: 6,
    what: 'a promotion means another step than the person saw',
    file: 'src/rollout/machine/commands.ts',
    find: '  refuseMoved(status, asked)\n',
    replace: '',
    tests: [commands, 'test/unit/plane/calls/commands.test.ts'],
  },
  {
    law: 6,
    what: 'one sample is enough for any gate',
    file: 'src/rollout/gates/judge-gate.ts',
    find: 'samples >= gate.minSamples',
    replace: 'samples >= 1',
    tests: ['test/unit/rollout/gates/judge-gate.test.ts'],
  },
  {
    law: 6,
    what: 'the spread of only two samples judges a gate early',
    file: 'src/rollout/gates/judge-gate.ts',
    find: 'const knownSpread = 64',
    replace: 'const knownSpread = 2',
    tests: ['test/unit/rollout/gates/confidence.test.ts'],
  },
  {
    law: 7,
    what: 'an aborted revision is tried again',
    file: `${moves}/start-rollout.ts`,
    find: 'find(({ revision }) => revision === desired.name)',
    replace: 'find(({ revision, cause }) => revision === desired.name && cause === "Aborted")',
    tests: [laws],
  },
  {
    law: 7,
    what: 'one aborted revision holds up all others',
    file: `${moves}/start-rollout.ts`,
    find: 'find(({ revision }) => revision === desired.name)',
    replace: 'find(({ revision }) => revision !== status.stable)',
    tests: [laws, turns],
  },
  {
    law: 7,
    what: 'a revision that is superseded counts as aborted',
    file: `${moves}/rollback.ts`,
    find: "    cause === 'Superseded'\n      ? status.aborted",
    replace: "    cause === 'Aborted'\n      ? status.aborted",
    tests: [laws, turns, strategies],
  },
  {
    law: 7,
    what: 'an aborted revision is created again because its traffic returns',
    file: `${moves}/make-safe.ts`,
    find: 'candidate === undefined ? withoutUnseen(returned) : returned,',
    replace: 'returned,',
    tests: [misfortunes],
  },
  {
    law: 7,
    what: 'an aborted first revision is adopted, and gets all traffic',
    file: `${moves}/adopt.ts`,
    find: 'servingPlacement(status) !== undefined)',
    replace: '(servingPlacement(status)?.revisions.length ?? 0) > 0)',
    tests: [laws, misfortunes],
  },
]
