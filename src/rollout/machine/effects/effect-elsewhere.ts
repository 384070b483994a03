import type { DeploymentStatus, Placement } from '../../../resources/deployment/deployment-status.ts'
import { comingPlacement, leavingPlacements, withPlacement } from '../placement.ts'
import { type BlindContext, routersKnowAtMs } from '../transition.ts'
import { type Chosen, effectFor } from './effect.ts'

/**
 * The one call that is due at a target that does not serve: it makes ready what comes there, or removes what
 * is left there. The target that serves always goes first.
 */
export function effectElsewhere(context: BlindContext, status: DeploymentStatus): Chosen {
  const coming = comingPlacement(status)
  const arriving = coming === undefined ? undefined : effectForComing(context, status, coming)
  if (arriving?.effect !== undefined) return arriving
  const going = effectForLeaving(context, arriving?.status ?? status)
  const atMs = Math.min(arriving?.atMs ?? Infinity, going.atMs ?? Infinity)
  return { ...going, ...(Number.isFinite(atMs) && { atMs }) }
}

/** Chooses as for a deployment that has nothing but this placement. */
function effectForComing(context: BlindContext, status: DeploymentStatus, coming: Placement): Chosen {
  const { declared, analysis } = context
  const { look } = analysis
  if (look?.target !== coming.target || look.observed === undefined) return { status, events: [] }
  const [first] = coming.revisions
  const split = first?.state === 'ready' ? [{ revision: first.revision, weight: 100 }] : []
  const there = {
    ...context,
    declared: { ...declared, capabilities: look.capabilities },
    observed: look.observed,
  }
  return effectFor(there, { status, at: coming, split })
}

function effectForLeaving({ declared, now }: BlindContext, status: DeploymentStatus): Chosen {
  let atMs = Infinity
  for (const { target, requested } of leavingPlacements(status)) {
    if (declared.missing.includes(target)) continue
    const [known] = requested
    const notBeforeMs = Math.max(known?.notBeforeMs ?? 0, routersKnowAtMs({ declared }, status))
    if (now < notBeforeMs) {
      atMs = Math.min(atMs, notBeforeMs)
      continue
    }
    return {
      status:
        known === undefined
          ? withPlacement(status, target, (each) => ({
              ...each,
              requested: [{ change: 'destroy', accepted: false }],
            }))
          : status,
      effect: { kind: 'destroy', change: 'destroy', target },
      events: known === undefined ? [{ action: 'destroy-requested', details: { target } }] : [],
    }
  }
  return { status, events: [], ...(Number.isFinite(atMs) && { atMs }) }
}
