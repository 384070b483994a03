import fc from 'fast-check'
import type {
  CanaryStep,
  Scale,
  Strategy,
  Undecided,
} from '../../../../src/resources/deployment/model-deployment.ts'
import type { Command } from '../../../../src/rollout/machine/commands.ts'
import type { Permit } from '../../../../src/rollout/machine/machine-types.ts'
import { capabilities, gateNamed, specWith } from '../machine/fixtures.ts'
import type { Event, Interruption } from './interruption.ts'
import type { Health } from './vendor.ts'
import type { TargetFault } from './vendor-target.ts'
import type { GateMode, Nature, Setting } from './world.ts'

/** One action in a world. */
export type Action =
  /** One look for each entry. A look that is not due at once waits for at least `paceMs`. */
  | {
      readonly do: 'look'
      readonly interruptions: readonly (Interruption | undefined)[]
      readonly paceMs: number
    }
  | { readonly do: 'desire'; readonly version: number | undefined }
  | { readonly do: 'strategy'; readonly strategy: Strategy }
  | { readonly do: 'scale'; readonly scale: Scale }
  /** The same version by another reference, so that an earlier pin of it says nothing. */
  | { readonly do: 'refer'; readonly alias: string }
  | { readonly do: 'retarget' }
  | { readonly do: 'delete' }
  | { readonly do: 'command'; readonly command: Command }
  | { readonly do: 'health'; readonly place: number; readonly health: Health | 'gone' }
  | { readonly do: 'leave'; readonly version: number }
  | { readonly do: 'fault'; readonly fault: TargetFault }
  /** The target or the registry answers nothing until the next such action. */
  | { readonly do: 'away'; readonly what: 'target' | 'registry' }
  | { readonly do: 'permit'; readonly version: number; readonly verdict: Permit['verdict'] }
  | { readonly do: 'measure'; readonly version: number; readonly mode: GateMode }
  | { readonly do: 'metrics-restart' }

const seconds = (count: number): `${number}s` => `${count}s`
const gates = [
  gateNamed('accuracy', { minSamples: 20, noData: 'pause' }),
  gateNamed('errors', { minSamples: 20, metric: 'requests.errors', onError: 'fail' }),
]

const gateNames = fc.constantFrom(['accuracy'], ['accuracy'], ['errors'], ['accuracy', 'errors'])
const step: fc.Arbitrary<CanaryStep> = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 100 }).map((weight) => ({ weight })) },
  { weight: 2, arbitrary: fc.constantFrom({ pause: seconds(60) }, { pause: 'until-promoted' as const }) },
  { weight: 5, arbitrary: gateNames.map((analyze) => ({ analyze, for: seconds(120) })) },
)
const canary: fc.Arbitrary<Strategy> = fc
  .array(step, { minLength: 1, maxLength: 6 })
  .map((steps) => ({ canary: { steps: rising(steps) } }))
const rolling: fc.Arbitrary<Strategy> = fc
  .record({ step: fc.integer({ min: 20, max: 100 }), every: fc.constantFrom(seconds(0), seconds(30)) })
  .map((settings) => ({ rolling: settings }))
const blueGreen: fc.Arbitrary<Strategy> = fc
  .record({
    autoPromote: fc.boolean(),
    analyze: fc.oneof({ weight: 1, arbitrary: fc.constant([]) }, { weight: 3, arbitrary: gateNames }),
    for: fc.constant(seconds(60)),
    keepPrevious: fc.constantFrom(seconds(0), seconds(300)),
  })
  .map((settings) => ({ blueGreen: settings }))
export const strategy: fc.Arbitrary<Strategy> = fc.oneof(
  { weight: 5, arbitrary: canary },
  { weight: 1, arbitrary: rolling },
  { weight: 3, arbitrary: blueGreen },
)

const scale: fc.Arbitrary<Scale> = fc.constantFrom({ min: 1, max: 1 }, { min: 1, max: 4 }, { min: 0, max: 2 })

const verdict = fc.constantFrom<Permit['verdict']>('allow', 'deny', 'approval-required', 'error')
const mode = fc.constantFrom<GateMode>(
  'fail',
  'fail-early',
  'too-few-samples',
  'no-data',
  'no-data',
  'too-old',
  'error',
)

const nature: fc.Arbitrary<Nature> = fc.record({
  mode: fc.oneof({ weight: 2, arbitrary: fc.constant('pass' as const) }, { weight: 5, arbitrary: mode }),
  verdict: fc.oneof(
    { weight: 9, arbitrary: fc.constant('allow' as const) },
    { weight: 1, arbitrary: verdict },
  ),
  broken: fc.integer({ min: 0, max: 11 }).map((dice) => dice === 0),
})

export const setting: fc.Arbitrary<Setting> = fc
  .record({
    strategy,
    deadline: fc.constantFrom(seconds(90), seconds(1800)),
    split: fc.constantFrom('none' as const, 'percent' as const, 'ratio' as const),
    names: fc.constantFrom('deterministic' as const, 'tagged' as const, 'random' as const),
    fencing: fc.constantFrom('checked' as const, 'conditional' as const, 'none' as const),
    maxRevisions: fc.constantFrom(2, 3, 10),
    readyMs: fc.constantFrom(0, 5_000, 40_000),
    goneMs: fc.constantFrom(0, 20_000, 100_000),
    splitMs: fc.constantFrom(0, 15_000),
    listMs: fc.constantFrom(0, 0, 0, 3_000, 60_000),
    natures: fc.tuple(nature, nature, nature, nature, nature),
  })
  .map(({ strategy: chosen, deadline, split, names, fencing, maxRevisions, natures, ...delays }) => ({
    natures,
    spec: specWith(chosen, { analysis: gates, deadline }),
    capabilities: { ...capabilities, split, names, fencing, maxRevisions },
    delays,
  }))

const end = fc.constantFrom<Undecided>('extend', 'pause', 'pass', 'fail')
const maxFor = fc.constantFrom(undefined, seconds(60), seconds(150), seconds(600))

/** What has too few samples in other lives is undecided in these. */
const undecidedFor = <Mode extends GateMode>(given: Mode): Mode | 'undecided' =>
  given === 'too-few-samples' || given === 'no-data' ? 'undecided' : given

/** Settings whose gates are often undecided, with every end of that. */
export const undecidedSetting: fc.Arbitrary<Setting> = fc
  .record({ given: setting, ends: fc.tuple(end, end), maxFor })
  .map(({ given, ends, maxFor: longest }) => ({
    ...given,
    natures: given.natures?.map((each) => ({ ...each, mode: undecidedFor(each.mode) })) ?? [],
    spec: {
      ...given.spec,
      analysis: gates.map((gate, place) => ({
        ...gate,
        undecided: ends[place] ?? 'extend',
        ...(longest !== undefined && { maxFor: longest }),
      })),
    },
  }))

const version = fc.integer({ min: 1, max: 5 })
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('promote' as const), full: fc.boolean() }) },
  { weight: 3, arbitrary: fc.constantFrom({ kind: 'retry' as const }, { kind: 'resume' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'pause' as const }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'abort' as const }, { kind: 'approve' as const }) },
)
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('die' as const, 'lose' as const, 'lose-blindly' as const) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Event>('lose-answer', 'edit', 'slow', 'slow-abort'),
  },
  { weight: 1, arbitrary: command },
)
const whenOfCall = fc.constantFrom('before' as const, 'after' as const)
/** Most looks make four to eight calls. */
const call = fc.integer({ min: 0, max: 8 })

/** One look in four or so is interrupted. */
export const interruption: fc.Arbitrary<Interruption | undefined> = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: fc.record({ call, when: whenOfCall, event }) },
)

/** A death at any call, two times in three. */
export const death: fc.Arbitrary<Interruption | undefined> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(undefined) },
  {
    weight: 2,
    arbitrary: fc.record({
      call,
      when: whenOfCall,
      event: fc.constantFrom<Event>('die', 'lose', 'lose-blindly'),
    }),
  },
)

export const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 28,
    arbitrary: fc.record({
      do: fc.constant('look' as const),
      interruptions: fc.array(interruption, { minLength: 1, maxLength: 6 }),
      paceMs: fc.constantFrom(1_000, 10_000, 70_000, 70_000, 7_200_000),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.constant({
      do: 'look' as const,
      interruptions: Array.from({ length: 9 }, () => undefined),
      paceMs: 70_000,
    }),
  },
  { weight: 14, arbitrary: fc.record({ do: fc.constant('desire' as const), version }) },
  { weight: 1, arbitrary: fc.constant({ do: 'desire' as const, version: undefined }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('refer' as const), alias: fc.constantFrom('champion', 'next') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('strategy' as const), strategy }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('scale' as const), scale }) },
  { weight: 4, arbitrary: fc.constantFrom({ do: 'retarget' as const }, { do: 'delete' as const }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('command' as const), command }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('health' as const),
      place: fc.nat(3),
      health: fc.constantFrom<Health | 'gone'>('ready', 'ready', 'unready', 'failed', 'gone'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), version }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      fault: fc.constantFrom<TargetFault>(
        'busy',
        'refused',
        'not-sent',
        'fails',
        'fails-later',
        'lost-before',
        'lost-after',
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('away' as const),
      what: fc.constantFrom('target' as const, 'registry' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('permit' as const), version, verdict }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('measure' as const), version, mode }) },
  { weight: 1, arbitrary: fc.constant({ do: 'metrics-restart' as const }) },
)

/** Sorts the weights, because the schema does not allow a weight to fall. */
function rising(steps: readonly CanaryStep[]): readonly CanaryStep[] {
  const weights = steps.flatMap((each) => ('weight' in each ? [each.weight] : [])).sort((a, b) => a - b)
  return steps.map((each) => ('weight' in each ? { weight: weights.shift() ?? each.weight } : each))
}

/** As `action`, for settings whose gates are often undecided. */
export const undecidedAction: fc.Arbitrary<Action> = action.map((each) =>
  each.do === 'measure' ? { ...each, mode: undecidedFor(each.mode) } : each,
)
