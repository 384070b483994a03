import { isModelspineError, type TargetCheck, type TargetWant } from 'modelspine/adapter'
import type { KubernetesClient } from '../shared/kubernetes/kubernetes-client.ts'
import { appliedService, readService } from './apply-service.ts'
import { applyServiceRequest } from './kserve-api.ts'
import type { KserveMode, ModePlace } from './modes/mode.ts'

/**
 * Lets the cluster check each revision that is not there yet, by a dry run of the write that would bring it: with the CRD,
 * with KServe's webhooks and with our permissions. Nothing is written.
 */
export async function checkService(
  client: KubernetesClient,
  place: ModePlace,
  mode: KserveMode,
  want: TargetWant,
  abortSignal: AbortSignal | undefined,
): Promise<TargetCheck> {
  const warnings = new Set<string>()
  try {
    const live = await readService(client, place, abortSignal)
    const held = live === undefined ? [] : mode.held(live)
    for (const revision of want.revisions.filter(({ name }) => !held.includes(name))) {
      const spec = mode.trial(place, want, revision, live)
      // Whatever version: what KServe writes meanwhile does not matter here.
      const request = applyServiceRequest(appliedService(place, 'any', spec), true)
      const reply = await client.call({ ...request, abortSignal })
      for (const warning of warningsIn(reply.header('warning'))) warnings.add(warning)
    }
  } catch (error) {
    if (isModelspineError(error, 'target-refused')) {
      return { kind: 'refused', reason: 'RefusedByCluster', message: error.message }
    }
    // The credentials are good, and the API server names the permission that they lack.
    if (isModelspineError(error, 'auth') && error.details.status === 403) {
      return { kind: 'refused', reason: 'Forbidden', message: error.message }
    }
    throw error
  }
  return { kind: 'accepted', warnings: [...warnings] }
}

/** The texts of `299 - "a text"`, of which there may be several in one header. */
function warningsIn(header: string | undefined): readonly string[] {
  const found = (header ?? '').matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)
  return Array.from(found, ([, text = '']) => text.replace(/\\(.)/g, '$1'))
}
