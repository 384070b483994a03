import { isModelspineError, ModelspineError, refuseComputedAlias } from 'modelspine/adapter'
import type { VendorClient } from '../../shared/vendor-client.ts'
import { writeAlias } from '../mlflow-api.ts'
import { lookupError } from '../mlflow-errors.ts'
import type { VersionReader } from '../versions/version-reader.ts'

export interface AliasChange {
  readonly model: string
  readonly alias: string
  readonly version: string | null
  readonly expect: string | null | undefined
}

/**
 * MLflow overwrites aliases without a condition. So the alias is read before, compared with what is expected, written,
 * and read again.
 */
export async function setAlias(
  client: VendorClient,
  reader: VersionReader,
  { model, alias, version, expect }: AliasChange,
  abortSignal: AbortSignal | undefined,
): Promise<void> {
  refuseComputedAlias(alias)
  const { aliases } = await reader.model(model, abortSignal)
  const before = aliases?.find((each) => each.alias === alias)?.version ?? null
  if (expect !== undefined && expect !== before) throw standsElsewhere(before, expect)
  if (version !== null) await reader.version(model, version, abortSignal)
  if (version === before) return
  try {
    await client.call({ ...writeAlias(model, alias, version), abortSignal })
  } catch (error) {
    throw lookupError(error)
  }
  const after = await current()
  if (after !== version) throw standsElsewhere(after, version)

  async function current(): Promise<string | null> {
    try {
      return (await reader.alias(model, alias, abortSignal)).version
    } catch (error) {
      if (isModelspineError(error, 'model-not-found')) return null
      throw error
    }
  }

  function standsElsewhere(found: string | null, wanted: string | null): ModelspineError {
    return new ModelspineError(
      'conflict',
      `alias "${alias}" of model "${model}" points to ${found ?? 'nothing'}, not to ${wanted ?? 'nothing'}`,
      { details: { model, alias, current: found, expected: wanted } },
    )
  }
}
