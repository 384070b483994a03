import type { Lineage } from 'modelspine/adapter'
import type { LoggedModelRecord, MetricRecord, RunRecord, TagRecord, VersionRecord } from '../mlflow-api.ts'

/** What a version came from. */
export interface Origin {
  readonly run?: RunRecord | undefined
  /** Since MLflow 3 a run logs models, and a version is made of one. */
  readonly model?: LoggedModelRecord | undefined
}

const commitTag = 'mlflow.source.git.commit'
const ended: ReadonlySet<string> = new Set(['FINISHED', 'FAILED', 'KILLED'])

/** Whether the run can still log data sets and metrics. */
export function isUnderWay(run: RunRecord | undefined): boolean {
  return run !== undefined && !ended.has(run.info.status ?? '')
}

/** The logged model that a version was made of. */
export function loggedModelOf({ model_id, source }: VersionRecord): string | undefined {
  return model_id || /^models:\/(m-[^/]+)$/.exec(source ?? '')?.[1]
}

export function runOf({ run_id }: VersionRecord, model: LoggedModelRecord | undefined): string | undefined {
  return run_id || model?.info.source_run_id || undefined
}

/** A version that was made from another one has that as its parent. */
export function parentsOf({ source }: VersionRecord): readonly string[] {
  const [, name, version] = /^models:\/([^/]+)\/(\d+)$/.exec(source ?? '') ?? []
  return name === undefined ? [] : [`${name}:${version}`]
}

export function lineageOf(version: VersionRecord, { run, model }: Origin): Lineage {
  const id = runOf(version, model)
  const datasets = (run?.inputs?.dataset_inputs ?? []).flatMap(({ dataset }) => dataset?.name || [])
  const parents = parentsOf(version)
  const commit = tagOf(run?.data?.tags, commitTag) || tagOf(model?.info.tags, commitTag)
  return {
    ...(id !== undefined && { run: id }),
    ...(datasets.length > 0 && { datasets: [...new Set(datasets)] }),
    ...(parents.length > 0 && { parents }),
    ...(commit && { commit }),
  }
}

/** Those of the logged model, because a run may log several models. Where it has none, those of the run. */
export function metricsOf({ run, model }: Origin): Readonly<Record<string, number>> {
  const own = model?.data?.metrics ?? []
  return latest(own.length > 0 ? own : (run?.data?.metrics ?? []))
}

/** The last value of each metric. Values that are no finite numbers are left out, because JSON has none. */
function latest(metrics: readonly MetricRecord[]): Readonly<Record<string, number>> {
  const inOrder = metrics.toSorted(
    (one, other) =>
      Number(one.step ?? 0) - Number(other.step ?? 0) ||
      Number(one.timestamp ?? 0) - Number(other.timestamp ?? 0),
  )
  const read = inOrder.map(({ key, value }) => [key, Number(value ?? 0)] as const)
  return Object.fromEntries(read.filter(([, value]) => Number.isFinite(value)))
}

export function tagOf(tags: readonly TagRecord[] | null | undefined, key: string): string | undefined {
  return tags?.find((tag) => tag.key === key)?.value ?? undefined
}
