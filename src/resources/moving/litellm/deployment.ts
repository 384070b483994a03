import { isRecord, type JsonRecord } from '../../../json.ts'
import type { FieldPath } from '../../problems/field-path.ts'
import { fieldsOf, itemsOf } from '../../schema-checks.ts'
import type { Ledger } from '../ledger.ts'
import type { Found } from '../provider-sketch.ts'
import { looksSecret, variableOf } from '../secret-values.ts'

/** One entry of `model_list`: LiteLLM calls it a deployment, and those of one `model_name` a group. */
export interface LitellmDeployment {
  readonly path: FieldPath
  readonly group: string
  /** LiteLLM's name of the model, with the vendor before it. */
  readonly model: string
  /** `model_info.id`, by which a fallback may name this deployment alone. */
  readonly id?: string
  /** What the model does, as `model_info.mode` says it. */
  readonly mode?: string
  /** Lower ones are asked first. */
  readonly order?: number
  /** Where the name of its credential is declared, if it has one. */
  readonly credentialName?: FieldPath
  /** The path of one of the entry's own fields. */
  at(...steps: readonly string[]): FieldPath
  /** A field of `litellm_params`, or of the credential that they name. */
  find(field: string): Found | undefined
}

/** The deployments that can be read. What cannot is left with its reason. */
export function readDeployments(config: JsonRecord, ledger: Ledger): readonly LitellmDeployment[] {
  const credentials = new Map<unknown, FieldPath>()
  for (const [place, entry] of itemsOf(config.credential_list).entries()) {
    credentials.set(fieldsOf(entry).credential_name, ['credential_list', place, 'credential_values'])
  }
  return itemsOf(config.model_list).flatMap((entry, place): readonly LitellmDeployment[] => {
    const path: FieldPath = ['model_list', place]
    const { model_name: group, litellm_params: params, model_info } = fieldsOf(entry)
    const given = fieldsOf(params)
    const { model, litellm_credential_name: name } = given
    if (typeof group !== 'string' || !isRecord(params) || typeof model !== 'string') {
      ledger.leave(path, ['it lacks model_name or litellm_params.model', 'Name both.'])
      return []
    }
    if (looksSecret(model) || looksSecret(group)) {
      ledger.leave(path, ['its model looks like a key', 'Write the name of the model.'])
      return []
    }
    if (variableOf(model) !== undefined) {
      ledger.leave(path, [
        'the model is named in a variable, and a route names its models',
        'Write its name.',
      ])
      return []
    }
    const credential = name === undefined ? undefined : credentials.get(name)
    const shared = credential === undefined ? {} : fieldsOf(valuesOf(config, credential))
    const { id, mode } = fieldsOf(model_info)
    const { order } = given
    return [
      {
        path,
        group,
        model,
        ...(typeof id === 'string' && { id }),
        ...(typeof mode === 'string' && { mode }),
        ...(typeof order === 'number' && { order }),
        ...(credential !== undefined && { credentialName: [...credential.slice(0, 2), 'credential_name'] }),
        at: (...steps) => [...path, ...steps],
        find(field) {
          const own = given[field]
          if (own !== undefined && own !== null)
            return { value: own, path: [...path, 'litellm_params', field] }
          const value = shared[field]
          return credential === undefined || value === undefined || value === null
            ? undefined
            : { value, path: [...credential, field] }
        },
      },
    ]
  })
}

function valuesOf(config: JsonRecord, [, place]: FieldPath): unknown {
  return fieldsOf(itemsOf(config.credential_list)[Number(place)]).credential_values
}
