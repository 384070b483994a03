import type { ApplyOptions, ApplyResult } from 'modelspine/adapter'
import { type Mutation, readEndpoint, type VertexPlace } from './endpoint-place.ts'
import { deleteEndpointRequest, undeployRequest } from './endpoint-requests.ts'
import { without } from './fence-labels.ts'
import { splitWithout } from './next-step.ts'
import { notOurs } from './target-errors.ts'

type Result = Exclude<ApplyResult, { kind: 'refused' }>

/** Takes the traffic away, then undeploys one model after the other, then deletes the endpoint. */
export async function destroyNext(
  place: VertexPlace,
  { handles, abortSignal }: Pick<ApplyOptions, 'handles' | 'abortSignal'>,
  mutation: Mutation,
): Promise<Result> {
  const works = await place.operations.known(place.id, handles, abortSignal)
  const found = await readEndpoint(place, abortSignal)
  const isBusy = works.some(({ state }) => state === 'running')
  if (found === undefined) {
    // An endpoint that is being made is not there yet.
    const comes = isBusy || (await place.operations.isBusy(place.name, abortSignal))
    return comes ? mutation.busy : { kind: 'unchanged' }
  }
  if (found.owner === undefined) {
    if (place.isTakenOver) return { kind: 'unchanged' }
    throw notOurs(found.name, undefined)
  }
  const live = await mutation.own(found)
  // At an endpoint that we only took over, what others deployed stays.
  const models = place.isTakenOver ? live.models.filter(({ isOurs }) => isOurs) : live.models
  const serving = models.filter(({ weight }) => weight > 0)
  if (serving.length > 0) {
    const split = splitWithout(
      live,
      models.map(({ id }) => id),
    )
    return notRefused(await mutation.writeSplit(live, split))
  }
  if (isBusy) return mutation.busy
  const [model] = models
  if (model !== undefined) {
    return notRefused(await mutation.begin(undeployRequest(live.name, model.id), 'undeploy', model.revision))
  }
  if (place.isTakenOver) {
    await mutation.writeLabels(live, without(live.labels))
    return { kind: 'accepted' }
  }
  return notRefused(await mutation.begin(deleteEndpointRequest(live.name), 'delete'))
}

/** The calls of a removal have nothing that the target itself could refuse. */
function notRefused(result: ApplyResult): Result {
  return result.kind === 'refused' ? { ...result, kind: 'failed' } : result
}
