import { type Revision, scrub, type TargetRefusal, type TargetWant } from 'modelspine/adapter'
import { completeSettings, isPackage, revisionVariable } from './endpoint-requests.ts'
import { weightPlaces } from './live-endpoint.ts'
import type { TargetConfig } from './target-options.ts'
import { settingsProblems } from './target-settings.ts'

/** The reason why SageMaker cannot run this want, or would change it silently. Pure. */
export function sagemakerRefusal(want: TargetWant, config: TargetConfig): TargetRefusal | undefined {
  for (const revision of want.revisions) {
    const refusal = revisionRefusal(revision, want, config)
    if (refusal !== undefined) return refusal
  }
  const fine = want.split.find(({ weight }) => Math.abs(weight - round(weight)) > 1e-9)
  if (fine === undefined) return undefined
  return refused(
    'WeightTooFine',
    `the weight of revision ${fine.revision} is ${fine.weight} percent, but SageMaker keeps weights as numbers of 32 bits: write ${weightPlaces} decimals at most`,
  )
}

function round(weight: number): number {
  return Number(weight.toFixed(weightPlaces))
}

function revisionRefusal(
  revision: Revision,
  { scale }: TargetWant,
  config: TargetConfig,
): TargetRefusal | undefined {
  const [problem] = settingsProblems(revision.settings)
  if (problem !== undefined) return refused('InvalidSettings', `settings.${problem.field} ${problem.message}`)
  const settings = completeSettings(revision, config)
  for (const [name, example] of Object.entries(needed)) {
    if (settings[name as keyof typeof needed] !== undefined) continue
    return refused(
      'SettingMissing',
      `settings.${name} is not given, and the target has no ${name}: write one such as ${example}`,
    )
  }
  if (scale.min !== scale.max && settings.autoscaling === undefined) {
    return refused(
      'ScaleUnsupported',
      `scale is ${scale.min} to ${scale.max}, but SageMaker keeps the number that it is given: write one number, or set up Application Auto Scaling and write settings.autoscaling: external`,
    )
  }
  return artifactRefusal(revision, settings.image) ?? runtimeRefusal(revision.runtime)
}

const needed = {
  instanceType: 'ml.m5.xlarge',
  executionRole: 'arn:aws:iam::123456789012:role/sagemaker',
} as const

function artifactRefusal({ model }: Revision, image: string | undefined): TargetRefusal | undefined {
  const name = `${model.registry}/${model.name}:${model.version}`
  const { artifact } = model
  if (artifact.kind !== 'files') {
    return refused(
      'ArtifactUnsupported',
      `${name} is run by the provider ${artifact.provider}, but SageMaker needs files`,
    )
  }
  const [file, ...more] = artifact.files
  if (file === undefined || more.length > 0) {
    return refused(
      'ArtifactUnsupported',
      `${name} has ${artifact.files.length} files, but SageMaker loads one address: register an archive, or the folder that has them`,
    )
  }
  if (isPackage(file)) return undefined
  if (!/^(s3|https):\/\/[^/]+\/?.*$/.test(file.uri) || file.uri.length > 1024) {
    return refused(
      'StorageUnsupported',
      `${name} is at ${scrub(file.uri)}, but SageMaker reads only s3:, https: and model packages: register another address`,
    )
  }
  if (image !== undefined) return undefined
  return refused(
    'SettingMissing',
    'settings.image is not given, and the target has no image: write the address of an image in ECR',
  )
}

function runtimeRefusal({ env, secrets, resources }: Revision['runtime']): TargetRefusal | undefined {
  const [secret] = Object.keys(secrets)
  if (secret !== undefined) {
    return refused(
      'SecretsUnsupported',
      `runtime.secrets has ${secret}, but everybody who may describe a model of SageMaker can read its environment: let the container read the secret itself, with its execution role`,
    )
  }
  const [resource] = Object.keys(resources)
  if (resource !== undefined) {
    return refused(
      'ResourcesUnsupported',
      `runtime.resources has ${resource}, but SageMaker knows only whole instances: write settings.instanceType`,
    )
  }
  const variables = Object.entries(env)
  // One more is the target's own.
  if (variables.length > 99) {
    return refused('VariableUnsupported', `runtime.env has ${variables.length} variables: give 99 at most`)
  }
  for (const [name, value] of variables) {
    if (!/^[a-zA-Z_]\w{0,1023}$/.test(name)) {
      return refused(
        'VariableUnsupported',
        `runtime.env has ${JSON.stringify(name)}: write letters, digits and "_", and no digit first`,
      )
    }
    if (name === revisionVariable) {
      return refused('VariableUnsupported', `runtime.env sets ${name}, which the target sets: leave it out`)
    }
    if (value.length > 1024) {
      return refused('VariableUnsupported', `runtime.env.${name} has more than 1024 characters`)
    }
  }
  return undefined
}

export function refused(reason: string, message: string): TargetRefusal {
  return { kind: 'refused', reason, message }
}
