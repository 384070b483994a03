import { type Revision, scrub, type TargetRefusal, type TargetWant } from 'modelspine/adapter'
import { addressOf, filesOf, revisionVariable } from './build-predictor.ts'
import { inheritanceRefusal } from './inheritance-refusal.ts'
import type { KserveOptions } from './kserve-options.ts'
import { settingsOf, settingsProblems } from './kserve-settings.ts'

/** The reason why KServe cannot run these revisions, by the name of the field. Pure. */
export function kserveRefusal(want: TargetWant, options: KserveOptions): TargetRefusal | undefined {
  for (const revision of want.revisions) {
    const refusal = revisionRefusal(revision, options)
    if (refusal !== undefined) return refusal
  }
  if (options.mode !== 'standard') return undefined
  const [main, ...canaries] = want.revisions
  for (const canary of canaries) {
    const refusal = main && (sameAddressRefusal(main, canary) ?? inheritanceRefusal(main, canary, options))
    if (refusal !== undefined) return refusal
  }
  return undefined
}

function revisionRefusal(
  { model, runtime, settings }: Revision,
  { modelFormat, storageSchemes }: KserveOptions,
): TargetRefusal | undefined {
  const [problem] = settingsProblems(settings)
  if (problem !== undefined) return refused('InvalidSettings', `settings.${problem.field} ${problem.message}`)
  const name = `${model.registry}/${model.name}:${model.version}`
  if (model.artifact.kind !== 'files') {
    return refused(
      'ArtifactUnsupported',
      `${name} is run by the provider ${model.artifact.provider}, but KServe needs files`,
    )
  }
  const [file, ...more] = filesOf(model.artifact)
  if (file === undefined || more.length > 0) {
    return refused(
      'ArtifactUnsupported',
      `${name} has ${more.length + (file ? 1 : 0)} files, but KServe loads one address: register the folder that has them`,
    )
  }
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(file.uri)?.[0].toLowerCase()
  if (scheme === undefined || !storageSchemes.includes(scheme)) {
    return refused(
      'StorageUnsupported',
      `${name} is at ${scrub(file.uri)}, but this cluster reads only ${storageSchemes.join(', ')}: register another address, or name the scheme in storageSchemes`,
    )
  }
  if (settingsOf(settings).modelFormat === undefined && modelFormat === undefined) {
    return refused(
      'ModelFormatMissing',
      'settings.modelFormat is not given, and the target has no modelFormat: write one such as sklearn',
    )
  }
  return runtimeRefusal(runtime)
}

function runtimeRefusal({ env, secrets, resources }: Revision['runtime']): TargetRefusal | undefined {
  const variables = [...Object.keys(env), ...Object.keys(secrets)]
  const odd = variables.find((each) => !/^[A-Za-z_.-][\w.-]*$/.test(each) || each.length > 253)
  if (odd !== undefined) {
    return refused(
      'VariableUnsupported',
      `runtime has the variable ${JSON.stringify(odd)}: write letters, digits, "_", "-" and "." only, and no digit first`,
    )
  }
  if (variables.includes(revisionVariable)) {
    return refused(
      'VariableUnsupported',
      `runtime sets ${revisionVariable}, which the target sets: leave it out`,
    )
  }
  const twice = Object.keys(env).find((each) => Object.hasOwn(secrets, each))
  if (twice !== undefined) {
    return refused('VariableUnsupported', `runtime has ${twice} in env and in secrets: leave one of them out`)
  }
  for (const [resource, amount] of Object.entries(resources)) {
    if (!/^\d+(\.\d+)?(m|[kMGTPE]i?|e\d+)?$/.test(String(amount))) {
      return refused(
        'ResourcesUnsupported',
        `runtime.resources.${resource} is ${JSON.stringify(amount)}: write a quantity of Kubernetes such as 2, 500m or 4Gi`,
      )
    }
  }
  return undefined
}

/** KServe's webhook lets a canary become the main predictor only when its storageUri is another one. */
function sameAddressRefusal(main: Revision, canary: Revision): TargetRefusal | undefined {
  const address = addressOf(main)
  return address === addressOf(canary) ? sameAddress(main.name, canary.name, address ?? '') : undefined
}

export function sameAddress(main: string, canary: string, address: string): TargetRefusal {
  return refused(
    'SameStorageUri',
    `revisions ${main} and ${canary} have one address, ${scrub(address)}, and in the mode standard KServe promotes a canary only with another: register the model at another address, or use the mode knative`,
  )
}

export function refused(reason: string, message: string): TargetRefusal {
  return { kind: 'refused', reason, message }
}
