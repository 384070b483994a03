import type { FieldPath } from '../../problems/field-path.ts'
import { fieldsOf } from '../../schema-checks.ts'
import type { Ledger } from '../ledger.ts'
import { looksSecret } from '../secret-values.ts'
import type { LitellmDeployment } from './deployment.ts'
import type { LitellmSettings } from './settings.ts'

/** A deployment as it serves one name: a wildcard makes the model's name of the name that was asked. */
export interface GroupMember {
  readonly deployment: LitellmDeployment
  readonly model: string
}

export interface Alias {
  readonly name: string
  readonly group: string
  readonly path: FieldPath
}

/** Which deployments a name of LiteLLM means: a group, an alias, a deployment's id, or a wildcard. */
export class LitellmDirectory {
  readonly groups: ReadonlyMap<string, readonly GroupMember[]>
  readonly aliases: readonly Alias[]
  readonly #wildcards: readonly LitellmDeployment[]
  readonly #deployments: readonly LitellmDeployment[]

  constructor(deployments: readonly LitellmDeployment[], settings: LitellmSettings, ledger: Ledger) {
    const groups = new Map<string, GroupMember[]>()
    for (const deployment of deployments) {
      const { group, model } = deployment
      if (!group.includes('*')) groups.set(group, [...(groups.get(group) ?? []), { deployment, model }])
    }
    this.groups = groups
    this.#deployments = deployments
    // LiteLLM prefers the longer of two patterns that fit.
    this.#wildcards = deployments
      .filter(({ group }) => group.includes('*'))
      .sort((one, other) => other.group.length - one.group.length)
    this.aliases = readAliases(settings, ledger).filter(({ group, path }) => {
      const known = this.resolve(group) !== undefined
      if (!known) ledger.leave(path, ['no model of the config has the name that the alias leads to'])
      return known
    })
  }

  /** The deployments behind a name; undefined when the config has none. */
  resolve(name: string): readonly GroupMember[] | undefined {
    if (looksSecret(name)) return undefined
    const target = this.aliases?.find((alias) => alias.name === name)?.group ?? name
    const group = this.groups.get(target)
    if (group !== undefined) return group
    const one = this.#deployments.find(({ id }) => id === target)
    if (one !== undefined) return [{ deployment: one, model: one.model }]
    const first = this.#wildcards.find(({ group: pattern }) => partsOf(pattern, target) !== undefined)
    if (first === undefined) return undefined
    const parts = partsOf(first.group, target) ?? []
    return this.#wildcards
      .filter(({ group: pattern }) => pattern === first.group)
      .map((deployment) => ({ deployment, model: filled(deployment.model, parts) }))
  }
}

function readAliases(settings: LitellmSettings, ledger: Ledger): readonly Alias[] {
  const found = settings.find('model_group_alias')
  if (found === undefined) return []
  return Object.entries(fieldsOf(found.value)).flatMap(([name, target]): readonly Alias[] => {
    const path = [...found.path, name]
    if (typeof target === 'string') return [{ name, group: target, path }]
    const { model } = fieldsOf(target)
    if (typeof model === 'string') return [{ name, group: model, path: [...path, 'model'] }]
    ledger.leave(path, ['an alias leads to one model', 'Write a model_name for each of them.'])
    return []
  })
}

/** What stands in the places of the pattern's `*`; undefined when the name does not fit. */
function partsOf(pattern: string, name: string): readonly string[] | undefined {
  const source = pattern.split('*').map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${source.join('(.+)')}$`).exec(name)?.slice(1)
}

function filled(model: string, parts: readonly string[]): string {
  let place = 0
  return model.replaceAll('*', () => parts[place++] ?? '*')
}
