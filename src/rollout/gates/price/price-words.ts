import { gateDefaults } from '../../../resources/deployment/gate-defaults.ts'
import { betterOf } from '../gate-aim.ts'
import { describeOpenEnd, formatNumber } from '../gate-words.ts'
import type { OpenEnd } from '../judging/open-end.ts'
import type { GateAtStep, Needed, PriceNumbers } from './gate-price.ts'

/** Why a gate has no price. */
export type Unpriced =
  | { readonly why: 'raw' | 'plain' | 'weight' | 'no-data' | 'no-events' }
  | { readonly why: 'open'; readonly end: OpenEnd }
  | { readonly why: 'unread' | 'range'; readonly detail: string }

/** Why no price can be told. */
export function describeUnpriced({ gate, weight }: GateAtStep, unpriced: Unpriced): string {
  const { name, metric } = gate
  switch (unpriced.why) {
    case 'raw':
      return `${name}: its numbers are compared as they stand at the end of the window, as the gate asks (compare: raw). That tests nothing, so there is no price`
    case 'plain':
      return `${name}: its numbers are compared as they stand at the end of the window, because ${metric} comes without samples that a test can use. That tests nothing, so there is no price`
    case 'open':
      return `${name}: no price can be told, because ${describeOpenEnd('the stable revision', unpriced.end)}`
    case 'weight':
      return `${name}: at ${weight} % of traffic for the new revision, traffic does not give both revisions samples. So no price can be told`
    case 'no-data':
      return `${name}: the price is not known yet, because ${metric} of the stable revision has no data of the last hour`
    case 'no-events':
      return `${name}: the price is not known yet, because the last hour of the stable revision has no event of ${metric}, so nobody knows how often one comes`
    case 'range':
      return `${name}: no price can be told, because ${metric} of the stable revision does not fit the gate: ${unpriced.detail}`
    case 'unread':
      return `${name}: the price is not known, because ${metric} of the stable revision could not be read: ${unpriced.detail}`
  }
}

/** The price in words. */
export function describePrice(at: GateAtStep, numbers: PriceNumbers): string {
  const { gate, weight, forMs } = at
  const { counts, toSee, toPass, power, longestMinutes } = numbers
  const head = `${gate.name} at ${weight} % of traffic, where ${describeBase(at, numbers)}`
  const needed = (each: Needed): string => describeNeeded(at, counts, each)
  const seen =
    toSee === undefined
      ? nothingShows(at, numbers)
      : `${beyond(at, numbers)} is seen in ${percent(power)} of cases within ${needed(toSee)}`
  const passes =
    toPass === undefined
      ? `a revision like the stable one is never shown to meet the rule`
      : `a revision like the stable one is shown to meet the rule within ${needed(toPass)}`
  const window = `its window of ${inWords(forMs / 60_000)} is enough for ${seenWords(numbers.seenInWindow)}`
  const longest =
    longestMinutes * 60_000 > forMs && !(toSee !== undefined && toSee.minutes <= forMs / 60_000)
      ? `, extended to ${inWords(longestMinutes)} for ${seenWords(numbers.seenInLongest)}`
      : ''
  const late =
    numbers.delayMinutes > 0
      ? `; its numbers come ${inWords(numbers.delayMinutes)} late, and so does what they show`
      : ''
  return `${head}: ${seen}; ${passes}; ${window}${longest}${late}`
}

/** What is wrong with a rule, whatever the traffic is. */
export interface RuleFaults {
  /** The stable revision itself breaks it. */
  readonly breaksRule: boolean
  /** What breaks it lies beyond the bounds of the metric's histogram, which nothing shows. */
  readonly isBeyondBounds: boolean
}

/** What the gate cannot do in its time, with what would do. */
export function warningsOf(
  at: GateAtStep,
  numbers: PriceNumbers,
  { breaksRule, isBeyondBounds }: RuleFaults,
): readonly string[] {
  const { gate, step, weight } = at
  const { toSee, toPass, detect, longestMinutes, weightThatDoes } = numbers
  const where = `gate "${gate.name}" in step ${step + 1}, at ${weight} % of traffic`
  const undecided = gate.undecided ?? gateDefaults.undecided
  const warnings: string[] = []
  if (toSee === undefined) {
    const does = isBeyondBounds
      ? 'The values that break its rule lie beyond the bounds of its histogram. Give the histogram more bounds'
      : 'Write a smaller detect'
    warnings.push(`${where}: ${nothingShows(at, numbers)}. ${does}`)
  } else if (toSee.minutes > longestMinutes) {
    const does = [
      ...(weightThatDoes === undefined ? [] : [`a weight of ${weightThatDoes} %`]),
      `a window of ${inWords(toSee.minutes)}`,
      ...(numbers.seenInLongest === undefined ? [] : [`a detect of ${roundUpTo(numbers.seenInLongest)}`]),
    ]
    warnings.push(
      `${where}: it cannot see ${beyond(at, numbers)} in its time, because ${inWords(longestMinutes)} is less than the ${inWords(toSee.minutes)} that this takes. What would do: ${orList(does)}`,
    )
  }
  if (breaksRule) {
    const has = numbers.counts === 'events' ? ' events a second with this weight' : ''
    warnings.push(
      `${where}: the stable revision itself does not meet the rule, because its ${gate.metric} is ${formatNumber(numbers.base)}${has}. A revision like it is turned back`,
    )
    return warnings
  }
  if (undecided === 'pass') return warnings
  if ('noWorseThan' in gate.pass && gate.pass.by === 0) {
    warnings.push(
      `${where}: with by: 0 it passes only when the new revision is shown to be better than the stable one. One that is as good stays undecided (undecided: ${undecided}). Write the largest difference that you accept, such as by: ${formatNumber(detect / 2)}, or undecided: pass`,
    )
  } else if (toPass === undefined || toPass.minutes > longestMinutes) {
    const takes = toPass === undefined ? 'no time is long enough' : `this takes ${inWords(toPass.minutes)}`
    const does = [
      ...(toPass === undefined ? [] : [`a window of ${inWords(toPass.minutes)}`]),
      'noWorseThan' in gate.pass ? 'a larger by' : 'a wider bound',
      'undecided: pass',
    ]
    warnings.push(
      `${where}: a revision that is as good as the stable one is not surely shown to be so in its time of ${inWords(longestMinutes)}, because ${takes}. What would do: ${orList(does)}`,
    )
  }
  return warnings
}

/** What the stable revision has. */
function describeBase({ gate }: GateAtStep, { counts, base, samplesPerMinute }: PriceNumbers): string {
  if (counts === 'samples') {
    return `stable has ${formatNumber(base)} and all traffic gives ${roundNumber(samplesPerMinute)} samples a minute`
  }
  return 'noWorseThan' in gate.pass
    ? `stable has ${formatNumber(base)} events a second with all traffic`
    : `a revision like the stable one has ${formatNumber(base)} events a second`
}

/** Such as `0.02 more than stable`. */
function beyond(at: GateAtStep, { counts, detect }: PriceNumbers): string {
  const more = betterOf(at.gate) === 'lower' ? 'more' : 'less'
  const from = 'noWorseThan' in at.gate.pass ? 'stable' : 'the bound'
  return `${formatNumber(detect)}${counts === 'events' ? ' events a second' : ''} ${more} than ${from}`
}

function nothingShows(at: GateAtStep, numbers: PriceNumbers): string {
  return `${numbers.counts === 'events' ? 'no time is long enough to show' : 'no number of samples shows'} ${beyond(at, numbers)}`
}

function seenWords(seen: number | undefined): string {
  return seen === undefined ? 'no difference at all' : `${roundUpTo(seen)} or more`
}

function describeNeeded(
  { gate }: GateAtStep,
  counts: PriceNumbers['counts'],
  { samples, candidateSamples, minutes }: Needed,
): string {
  if (counts === 'events') {
    const whose = 'noWorseThan' in gate.pass ? 'the stable revision with all traffic' : 'such a revision'
    return `${inWords(minutes)}, in which ${whose} has some ${roundNumber(samples)} events`
  }
  const own = 'noWorseThan' in gate.pass ? ` (${roundNumber(candidateSamples)} of the new revision)` : ''
  return `${roundNumber(samples)} samples${own}, which take ${inWords(minutes)}`
}

/** Two digits, upwards: what is promised must be enough. */
function roundUpTo(number: number): string {
  const unit = 10 ** (Math.floor(Math.log10(number)) - 1)
  return formatNumber(Math.ceil(number / unit - 1e-9) * unit)
}

function roundNumber(number: number): string {
  return number < 100
    ? formatNumber(number < 10 ? Number(number.toPrecision(2)) : Math.ceil(number))
    : roundUpTo(number)
}

function percent(share: number): string {
  return `${formatNumber(100 * share)} %`
}

/** A time for people. */
export function inWords(minutes: number): string {
  if (minutes <= 2) return `${Math.max(1, Math.ceil(minutes * 60))} s`
  if (minutes < 120) return `${Math.ceil(minutes)} minutes`
  if (minutes < 48 * 60) return `${Math.ceil(minutes / 60)} hours`
  return `${Math.ceil(minutes / 1440)} days`
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
