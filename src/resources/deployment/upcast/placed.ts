import { isRecord, type JsonRecord } from '../../../json.ts'

/**
 * Version 1 had one target: its revisions, ledger and handles stood in the status itself, what comes and what
 * leaves beside it, and each place held whole revisions. Version 2 has a list of placements, a table of
 * revisions, and traffic that names its target. `declaredTarget` is the target of the spec: a status that named
 * none had asked for what it asked there.
 */
export function placed(status: JsonRecord, declaredTarget: string): JsonRecord {
  const {
    target: known,
    coming,
    leaving,
    scale,
    revisions,
    split,
    effect,
    requested,
    handles,
    desired,
    ...rest
  } = status
  const table: Record<string, unknown> = {}
  const nameOf = (revision: unknown): string => {
    const name = isRecord(revision) ? String(revision.name) : ''
    table[name] = revision
    return name
  }
  const ledgerAt = (name: unknown): JsonRecord => {
    if (!isRecord(effect) || effect.target !== name) return {}
    const { target: _, ...entry } = effect
    return { effect: entry }
  }
  const place = (role: string, at: JsonRecord, effectTarget: unknown): JsonRecord => ({
    target: at.target,
    role,
    sinceMs: at.sinceMs,
    revisions: list(at.revisions).map((each) => ({ ...each, revision: nameOf(each.revision) })),
    ...(at.scale !== undefined && { scale: at.scale }),
    ...ledgerAt(effectTarget),
    requested: list(at.requested),
    handles: handlesOf(list(at.handles)),
  })
  const sinceMs = isRecord(status.rollout) ? status.rollout.sinceMs : 0
  const target = known ?? declaredTarget
  const here = { target, sinceMs, revisions, scale, requested, handles }
  const serving = place('serving', here, undefined)
  const isEmpty = [serving.revisions, serving.requested, serving.handles].every(
    (each) => list(each).length === 0,
  )
  const placements = [
    ...(known === undefined && isEmpty && serving.effect === undefined ? [] : [serving]),
    ...(isRecord(coming) ? [place('coming', coming, coming.target)] : []),
    ...list(leaving).map((each) => place('leaving', each, each.target)),
  ]
  const traffic = list(split).map((entry) => ({ ...entry, target }))
  const wanted = desired === undefined ? {} : { desired: nameOf(desired) }
  return { ...rest, ...wanted, statusVersion: 2, revisions: table, placements, traffic }
}

function list(value: unknown): readonly JsonRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

function handlesOf(handles: readonly JsonRecord[]): readonly JsonRecord[] {
  return handles.map(({ handle, revision }) => ({
    handle,
    revisions: revision === undefined ? [] : [revision],
  }))
}
