import type { ChangePoller } from '../../shared/registry/poll-changes.ts'
import type { SagemakerClient } from '../sagemaker-client.ts'
import { packageAddress } from './artifact.ts'
import { type PackageSummary, packagesPage } from './package-replies.ts'
import { listPackages } from './package-requests.ts'

/** How many pages of a hundred versions one look reads, and how many versions are followed. */
const pagesPerLook = 5
const mostVersions = 20_000

/**
 * The list of all versions shows new ones, their status and their approval. It has no time of the last change. So each
 * look reads the newest versions, and goes on through the rest of the list where the look before it stopped.
 */
export function createPackagePoller(client: SagemakerClient, changed: (model: string) => void): ChangePoller {
  const known = new Map<string, string>()
  let [goOnAt, isKnown]: [string | undefined, boolean] = [undefined, false]

  const take = (version: PackageSummary): void => {
    const { ModelPackageArn: arn, ModelPackageStatus, ModelApprovalStatus } = version
    const model = version.ModelPackageGroupName ?? packageAddress(arn)?.group
    if (!model) return
    const state = `${ModelPackageStatus} ${ModelApprovalStatus}`
    const before = known.get(arn)
    known.delete(arn)
    known.set(arn, state)
    // What the first round finds may always have been so.
    if (before === undefined ? isKnown : before !== state) changed(model)
    const [oldest] = known.keys()
    if (known.size > mostVersions && oldest !== undefined) known.delete(oldest)
  }

  const read = async (next: string | undefined, abortSignal: AbortSignal): Promise<string | undefined> => {
    const { operation, input } = listPackages({ newestFirst: true }, next)
    const page = await client.read(packagesPage, operation, input, { abortSignal })
    for (const version of page.items) take(version)
    return page.next
  }

  return {
    async look(abortSignal) {
      const second = await read(undefined, abortSignal)
      let at = goOnAt ?? second
      for (let page = 1; page < pagesPerLook && at !== undefined; page += 1) {
        // SageMaker takes a token for a while only. Then the round begins anew.
        at = await read(at, abortSignal).catch((error: unknown) => {
          goOnAt = undefined
          throw error
        })
      }
      if (at === undefined) isKnown = true
      goOnAt = at
    },
  }
}
