import { isRecord } from '../../../json.ts'
import type { FieldPath } from '../../problems/field-path.ts'
import type { Ledger } from '../ledger.ts'
import { nodeAt, type PortkeyNode, pick, targetsOf } from './portkey-target.ts'

/** A target that a condition or the default of a conditional strategy leads to. */
export interface Destination {
  readonly target: PortkeyNode
  /** The models that a request must name to come here. Empty where the app has to choose. */
  readonly models: readonly string[]
  readonly isDefault: boolean
  /** The fields that led here. */
  readonly paths: readonly FieldPath[]
}

/**
 * The targets of a conditional strategy. A route can choose by one thing only: the model that a request names. What other
 * conditions ask is left, and their targets get routes that the app may ask.
 */
export function destinationsOf(node: PortkeyNode, ledger: Ledger): readonly Destination[] {
  const strategy = pick(node, 'strategy')
  if (strategy === undefined) return []
  const targets = new Map(targetsOf(node).map((target) => [pick(target, 'name')?.value, target]))
  const found = new Map<unknown, Destination>()
  const add = (
    name: unknown,
    models: readonly string[],
    isDefault: boolean,
    paths: readonly FieldPath[],
  ): void => {
    const target = targets.get(name)
    if (target === undefined) {
      for (const path of paths) ledger.leave(path, ['no target has this name'])
      return
    }
    const before = found.get(name)
    found.set(name, {
      target,
      models: [...new Set([...(before?.models ?? []), ...models])],
      isDefault: isDefault || (before?.isDefault ?? false),
      paths: [...(before?.paths ?? []), ...paths, [...target.path, 'name']],
    })
  }
  const conditions = pick(nodeAt(strategy), 'conditions')
  for (const [place, condition] of (Array.isArray(conditions?.value) ? conditions.value : []).entries()) {
    const path: FieldPath = [...(conditions?.path ?? []), place]
    const { query, then: name } = isRecord(condition) ? condition : {}
    const models = modelsOf(query)
    if (models === undefined) {
      ledger.leave(
        [...path, 'query'],
        [
          'a route chooses by the model that a request names, and by nothing else of it',
          'Let the app ask the route of this target when it means it.',
        ],
      )
    }
    add(name, models ?? [], false, [[...path, 'then'], ...(models === undefined ? [] : [[...path, 'query']])])
  }
  const fallback = pick(nodeAt(strategy), 'default')
  if (fallback !== undefined) add(fallback.value, [], true, [fallback.path])
  return [...found.values()]
}

/** The models of a condition that asks for nothing else. */
function modelsOf(query: unknown): readonly string[] | undefined {
  if (!isRecord(query) || Object.keys(query).join() !== 'params.model') return undefined
  const wanted = query['params.model']
  if (typeof wanted === 'string') return [wanted]
  if (!isRecord(wanted)) return undefined
  const { $eq, $in, ...others } = wanted
  if (Object.keys(others).length > 0 || ($eq !== undefined && $in !== undefined)) return undefined
  const models = $in ?? [$eq]
  return Array.isArray(models) && models.every((model) => typeof model === 'string') ? models : undefined
}
