import { isRecord } from '../../../json.ts'
import type { FieldPath } from '../../problems/field-path.ts'
import { fieldsOf, itemsOf } from '../../schema-checks.ts'
import type { Ledger } from '../ledger.ts'
import { quoted } from '../secret-values.ts'
import type { GroupMember, LitellmDirectory } from './directory.ts'
import type { LitellmSettings } from './settings.ts'

/** A name in one of LiteLLM's lists of fallbacks. */
export interface Fallback {
  readonly name: string
  readonly path: FieldPath
}

/** A fallback of a group, with all the places that name it. */
export interface ChainedFallback {
  readonly name: string
  readonly members: readonly GroupMember[]
  readonly paths: readonly FieldPath[]
}

/** Fallbacks by the group that they are for. Under `*` those of all other groups. */
type FallbackMap = ReadonlyMap<string, readonly Fallback[]>

/** LiteLLM follows the fallbacks of fallbacks this far when `max_fallbacks` says nothing. */
const usualDepth = 5

export class LitellmFallbacks {
  readonly #map: FallbackMap
  readonly #depth: number
  /** Fallbacks for long prompts that stand among the fallbacks for all failures, too. */
  readonly #same = new Map<string, FieldPath>()
  readonly #directory: LitellmDirectory
  readonly #ledger: Ledger

  constructor(settings: LitellmSettings, directory: LitellmDirectory, ledger: Ledger) {
    this.#directory = directory
    this.#ledger = ledger
    const map = new Map(readMap(settings, 'fallbacks'))
    const others = itemsOf(settings.find('default_fallbacks')?.value)
    const path = settings.find('default_fallbacks')?.path ?? []
    const general = others.flatMap((name, place) => fallbackOf(name, [...path, place]))
    if (general.length > 0) map.set('*', [...(map.get('*') ?? []), ...general])
    this.#map = map
    const depth = settings.number('max_fallbacks')
    this.#depth = depth?.value ?? usualDepth
    if (depth !== undefined) {
      ledger.leave(depth.path, [
        'a route writes all of its fallbacks out; those of fallbacks were followed so far',
      ])
    }
    for (const name of map.keys()) this.#tellUnusable(name)
    for (const name of ['context_window_fallbacks', 'content_policy_fallbacks']) {
      for (const [group, fallbacks] of readMap(settings, name)) this.#special(name, group, fallbacks)
    }
  }

  /** Those of one group and, behind each, its own, as LiteLLM follows them. No group comes twice. */
  chainOf(group: string): readonly ChainedFallback[] {
    const chain: (ChainedFallback & { readonly paths: FieldPath[] })[] = []
    const follow = (from: string): void => {
      for (const { name, path } of this.#map.get(from) ?? this.#map.get('*') ?? []) {
        const members = this.#directory.resolve(name)
        const before = chain.find((each) => each.name === name)
        if (members === undefined) this.#ledger.leave(path, ['no model of the config has this name'])
        else if (before !== undefined) before.paths.push(path)
        else if (name !== group) {
          const other = this.#same.get(`${group}\n${name}`)
          chain.push({ name, members, paths: other === undefined ? [path] : [path, other] })
          if (chain.length < this.#depth) follow(name)
        }
      }
    }
    follow(group)
    return chain
  }

  #tellUnusable(group: string): void {
    const alias = this.#directory.aliases.find(({ name }) => name === group)
    const isAlias = alias !== undefined && this.#directory.groups.has(alias.group)
    if (group !== '*' && this.#directory.resolve(group) !== undefined && !isAlias) return
    for (const { path } of group === '*' ? [] : (this.#map.get(group) ?? [])) {
      const reason = isAlias
        ? 'an alias is one more name of a route and has the fallbacks of its model'
        : 'no model of the config has the name that falls back'
      this.#ledger.leave(path, [reason])
    }
  }

  /** Fallbacks for one kind of failure. A route has one list for all kinds. */
  #special(setting: string, group: string, fallbacks: readonly Fallback[]): void {
    for (const { name, path } of fallbacks) {
      if (setting === 'content_policy_fallbacks') {
        this.#ledger.leave(path, [
          'a request that a content filter refused is asked nowhere else',
          'Catch the code content-filter in the app, and ask the other route.',
        ])
      } else if (this.chainOf(group).some((each) => each.name === name)) {
        this.#same.set(`${group}\n${name}`, path)
      } else {
        this.#ledger.leave(path, [
          'a fallback for long prompts only; a route has one list of fallbacks, of which it asks other models when a prompt is too long',
          `Add ${quoted(name)} to the fallback of the route, if it may answer after other failures, too.`,
        ])
      }
    }
  }
}

/** A list of `{ group: [names] }`, or one such map. A bare name is for all groups. */
function readMap(
  settings: LitellmSettings,
  setting: string,
): readonly (readonly [string, readonly Fallback[]])[] {
  const found = settings.find(setting)
  if (found === undefined) return []
  const entries = Array.isArray(found.value)
    ? found.value.map((entry, place) => [entry, [...found.path, place]] as const)
    : [[found.value, found.path] as const]
  const map = new Map<string, readonly Fallback[]>()
  for (const [entry, path] of entries) {
    const byGroup = isRecord(entry)
      ? Object.entries(entry).map(([group, names]) => [group, names, [...path, group]] as const)
      : [['*', [entry], path.slice(0, -1)] as const]
    for (const [group, names, at] of byGroup) {
      const read = itemsOf(names).flatMap((name, place) =>
        fallbackOf(name, isRecord(entry) ? [...at, place] : path),
      )
      map.set(group, [...(map.get(group) ?? []), ...read])
    }
  }
  return [...map]
}

/** A name, or an object with one and other parameters, which are left. */
function fallbackOf(value: unknown, path: FieldPath): readonly Fallback[] {
  if (typeof value === 'string') return [{ name: value, path }]
  const { model } = fieldsOf(value)
  return typeof model === 'string' ? [{ name: model, path: [...path, 'model'] }] : []
}
