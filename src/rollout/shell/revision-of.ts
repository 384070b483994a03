import { sha256 } from '../../hash.ts'
import { canonicalJson, formerJson, sameJson } from '../../json.ts'
import type { ModelVersion } from '../../registry/contract.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec, RuntimeSettings } from '../../resources/deployment/model-deployment.ts'
import type { Artifact, PinnedModel, Revision } from '../../resources/deployment/revision.ts'
import { runtimeSchema } from '../../resources/deployment/runtime-schema.ts'

type Settings = Pick<ModelDeploymentSpec, 'runtime' | 'target'>

/**
 * The revision that is made of a resolved model and the declared settings. Scale, strategy and policies are
 * no part of it.
 */
export function revisionOf(
  version: ModelVersion,
  spec: ModelDeploymentSpec,
  status?: DeploymentStatus,
): Revision {
  const model: PinnedModel = {
    registry: spec.model.registry,
    name: version.name,
    version: version.version,
    artifact: version.artifact,
  }
  return nameRevision(model, spec, status)
}

/**
 * A revision of a model that is pinned already. So new settings take effect even while the registry cannot be
 * reached.
 *
 * A revision that the status knows is taken as it stands there, when it is the same one: the same version of a
 * model, with settings that differ in nothing but defaults, and no digest that says otherwise. So a default or
 * a digest that comes later makes no new revision, and revisions keep the names that they have.
 */
export function nameRevision(model: PinnedModel, spec: Settings, status?: DeploymentStatus): Revision {
  const { runtime } = spec
  const { settings } = spec.target
  const revision = { model, runtime, settings }
  const known = status === undefined ? [] : knownRevisions(status)
  const same = known.find((each) => each.adopted !== true && isSame(each, revision))
  if (same !== undefined) return same
  const former = formerNameOf(revision)
  return { name: status !== undefined && speaksOf(status, former) ? former : nameOf(revision), ...revision }
}

type Content = Omit<Revision, 'name'>

/** The revisions whose content the status has, the desired one first. */
function knownRevisions({ desired, revisions }: DeploymentStatus): readonly Revision[] {
  const known = Object.values(revisions)
  return [...known.filter(({ name }) => name === desired), ...known.filter(({ name }) => name !== desired)]
}

function isSame(one: Content, other: Content): boolean {
  return (
    one.model.registry === other.model.registry &&
    one.model.name === other.model.name &&
    one.model.version === other.model.version &&
    sameJson(withoutDefaults(one.runtime), withoutDefaults(other.runtime)) &&
    sameJson(one.settings, other.settings) &&
    mayBeSame(one.model.artifact, other.model.artifact)
  )
}

/** Versions never change. So only a digest that both know can show that two of the same name differ. */
function mayBeSame(one: Artifact, other: Artifact): boolean {
  if (one.kind === 'hosted' || other.kind === 'hosted') return sameJson(one, other)
  if (isComplete(one) && isComplete(other)) return sameJson(digestsOf(one), digestsOf(other))
  const known = new Map(one.files.map(({ uri, digest }) => [uri, digest]))
  return other.files.every(({ uri, digest }) => {
    const before = known.get(uri)
    return before === undefined || digest === undefined || before === digest
  })
}

type Files = Extract<Artifact, { kind: 'files' }>

function isComplete({ files }: Files): boolean {
  return files.every(({ digest }) => digest !== undefined)
}

/** Sorted, because registries list files in any order. */
function digestsOf({ files }: Files): readonly string[] {
  return files.flatMap(({ digest }) => digest ?? []).sort()
}

/** 40 bits: after a thousand revisions of one deployment, a collision is less likely than one in a million. */
const nameLength = 10

function nameOf({ model, runtime, settings }: Content): string {
  const { registry, name, version, artifact } = model
  const content = artifact.kind === 'hosted' ? artifact : digestsOf(artifact)
  const identity = { registry, name, version, content, runtime: withoutDefaults(runtime), settings }
  return sha256(canonicalJson(identity)).slice(0, nameLength)
}

const runtimeDefaults: RuntimeSettings = runtimeSchema().parse({})

/** What is declared beside the defaults. A setting that is new in a later version is a default before it. */
function withoutDefaults(runtime: RuntimeSettings): Readonly<Record<string, unknown>> {
  const defaults = runtimeDefaults as unknown as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    Object.entries(runtime).filter(([name, value]) => !sameJson(value, defaults[name])),
  )
}

/** The name that versions before 0.2 gave: it depended on the files' order and addresses, and on defaults. */
function formerNameOf({ model, runtime, settings }: Content): string {
  return sha256(formerJson({ model, runtime, settings })).slice(0, nameLength)
}

/** A revision that was aborted or approved under its former name stays so. */
function speaksOf({ aborted, approvals }: DeploymentStatus, name: string): boolean {
  return [...aborted, ...approvals].some(({ revision }) => revision === name)
}
