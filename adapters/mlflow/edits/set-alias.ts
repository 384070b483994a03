import { refuseComputedAlias } from 'modelspine/adapter'
import { type AliasMove, moveAlias } from '../../shared/registry/move-alias.ts'
import type { VendorClient } from '../../shared/vendor-client.ts'
import { writeAlias } from '../mlflow-api.ts'
import { lookupError } from '../mlflow-errors.ts'
import type { VersionReader } from '../versions/version-reader.ts'

/** MLflow overwrites aliases without a condition. */
export async function setAlias(
  client: VendorClient,
  reader: VersionReader,
  move: AliasMove,
  abortSignal: AbortSignal | undefined,
): Promise<void> {
  const { model, alias, version } = move
  refuseComputedAlias(alias)
  await moveAlias(move, {
    async current() {
      const { aliases } = await reader.model(model, abortSignal)
      return aliases?.find((each) => each.alias === alias)?.version ?? null
    },
    checkVersion: (wanted) => reader.version(model, wanted, abortSignal),
    async write() {
      try {
        await client.call({ ...writeAlias(model, alias, version), abortSignal })
      } catch (error) {
        throw lookupError(error)
      }
    },
  })
}
