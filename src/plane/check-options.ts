import type { ModelspineError } from '../errors.ts'
import { plainName, plainNameRight, registryName, registryNameRight } from '../resources/name-patterns.ts'
import {
  checkOptions as checkKinds,
  checkNames,
  checkOption,
  type OptionKinds,
  wrongOption,
} from '../resources/problems/known-options.ts'
import { routingKinds } from '../routing/router.ts'
import { defaultTimeouts } from './call-timeouts.ts'
import { type ControlPlaneOptions, namesOf } from './options.ts'
import { defaultPace } from './pace.ts'
import type { Rate, Rates } from './rates.ts'

const longestTimerMs = 2 ** 31 - 1

const kinds: OptionKinds<ControlPlaneOptions> = {
  store: 'object',
  audit: 'append()',
  registries: 'object',
  targets: 'object',
  providers: 'object',
  connect: 'object',
  policies: 'list',
  metrics: 'object',
  secrets: 'object',
  routing: 'object',
  telemetry: 'object',
  feedback: 'object',
  shareMeasurements: 'boolean',
  observers: 'list',
  clock: 'now()',
  logger: 'error()',
  name: 'string',
  leaseMs: 'any',
  concurrency: 'any',
  resyncMs: 'any',
  pace: 'object',
  rates: 'object',
  watchIdleMs: 'any',
  routersLearnMs: 'any',
  orphans: 'any',
  timeouts: 'object',
}

const rateKinds: OptionKinds<Rates> = { targets: 'object', registries: 'object', metrics: 'object' }

/** What each part of a list must be. Every function has an `apply`, so a target is known by another method. */
const partKinds = {
  registries: 'resolve()!',
  targets: 'observe()!',
  providers: 'object!',
  connect: 'function!',
  policies: 'decide()!',
  metrics: 'query()!',
  secrets: 'resolve()!',
}

/** Throws `invalid-options` with the option, its value, and a value that would be right. */
export function checkOptions(options: ControlPlaneOptions): void {
  checkKinds(options, kinds)
  checkKinds(options.routing ?? {}, routingKinds, 'routing')
  for (const [list, kind] of Object.entries(partKinds)) {
    const parts = options[list as keyof typeof partKinds] ?? {}
    for (const [name, part] of Object.entries(parts)) checkOption(`${list}.${name}`, part, kind)
  }
  for (const name of ['leaseMs', 'resyncMs', 'watchIdleMs'] as const) checkTime(name, options[name])
  // 0 is right when no other process routes.
  if (options.routersLearnMs !== 0) checkTime('routersLearnMs', options.routersLearnMs)
  checkTimeouts(options.timeouts)
  checkPace(options.pace)
  checkRates(options)
  const { concurrency, metrics } = options
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency > 0)) {
    throw invalid('concurrency', concurrency, 'a whole number of at least 1')
  }
  if (metrics !== undefined && Object.hasOwn(metrics, 'plane')) {
    throw invalid('metrics.plane', 'a source', 'another name: `plane` is what the plane itself measures')
  }
  const { orphans } = options
  if (orphans !== undefined && orphans !== 'report' && orphans !== 'remove') {
    throw invalid('orphans', JSON.stringify(orphans), '"report" or "remove"')
  }
  const { shareMeasurements, store } = options
  if (shareMeasurements === true && store?.measurements === undefined) {
    throw invalid('shareMeasurements', true, '`false`, or use a store that passes measurements on')
  }
  checkWritable(options)
}

function checkTime(name: string, value: number | undefined): void {
  if (value === undefined || (value > 0 && value <= longestTimerMs)) return
  throw invalid(name, value, `a number of milliseconds above 0 and at most ${longestTimerMs}`)
}

function checkTimeouts(timeouts: ControlPlaneOptions['timeouts'] = {}): void {
  checkNames(timeouts, defaultTimeouts, 'timeouts')
  for (const [name, value] of Object.entries(timeouts)) checkTime(`timeouts.${name}`, value)
}

function checkPace(pace: ControlPlaneOptions['pace'] = {}): void {
  checkNames(pace, defaultPace, 'pace')
  for (const [name, value] of Object.entries(pace)) {
    if (value === undefined) continue
    if (name === 'mostTogether') {
      if (!(Number.isSafeInteger(value) && value > 0)) {
        throw invalid('pace.mostTogether', value, 'a whole number of at least 1')
      }
    } else if (name === 'resyncsPerSecond') {
      if (!(value > 0 && value < Infinity)) throw invalid(`pace.${name}`, value, 'a number above 0')
    } else if (value !== 0 || name === 'longestResyncMs') checkTime(`pace.${name}`, value)
  }
}

/** A rate for a part that the plane does not have limits nothing. */
function checkRates(options: ControlPlaneOptions): void {
  const { rates: all = {} } = options
  checkKinds(all, rateKinds, 'rates')
  for (const [list, rates] of Object.entries(all)) {
    for (const [name, rate] of Object.entries(rates as Readonly<Record<string, Rate>>)) {
      const option = `rates.${list}.${name}`
      if (!Object.hasOwn(options[list as keyof Rates] ?? {}, name)) {
        throw invalid(option, 'a rate', `names of ${list} that the plane has`)
      }
      const { perSecond, burst = 1 } = rate
      if (!(perSecond > 0 && perSecond < Infinity)) {
        throw invalid(`${option}.perSecond`, perSecond, 'a number above 0')
      }
      if (!(Number.isSafeInteger(burst) && burst > 0)) {
        throw invalid(`${option}.burst`, burst, 'a whole number of at least 1')
      }
    }
  }
}

const plain = { pattern: plainName, right: plainNameRight }
/** What a resource can write. Providers are left out: a model in a registry may name one that no route can. */
const writable = {
  registries: { pattern: registryName, right: registryNameRight },
  targets: plain,
  policies: plain,
  metrics: plain,
  secrets: {
    pattern: /^[a-z][a-z0-9+.-]*$/,
    right: 'a scheme of lower-case letters, digits, "+", "." and "-"',
  },
} as const

/** A part whose name no resource can write could never be used. */
function checkWritable(options: ControlPlaneOptions): void {
  const names = namesOf(options)
  for (const [list, { pattern, right }] of Object.entries(writable)) {
    const known = names[list as keyof typeof writable]
    const odd = known.find((name) => !pattern.test(name))
    if (odd !== undefined) throw invalid(`a name in ${list}`, JSON.stringify(odd), right)
  }
  const twice = names.policies.find((name, place) => names.policies.indexOf(name) < place)
  if (twice !== undefined)
    throw invalid('policies', `two engines called "${twice}"`, 'each engine a name of its own')
}

function invalid(option: string, value: unknown, right: string): ModelspineError {
  return wrongOption(option, `is ${String(value)}: give ${right}`)
}
