import { ModelspineError, refuseComputedAlias } from 'modelspine/adapter'
import { wrongOption } from '../../shared/wrong-option.ts'
import type { SagemakerClient } from '../sagemaker-client.ts'
import { entryFault } from './metadata-text.ts'
import type { PackageReader } from './package-reader.ts'
import { addTag, deleteTag } from './package-requests.ts'

export interface AliasTagChange {
  readonly model: string
  readonly alias: string
  readonly version: string | null
  readonly expect: string | null | undefined
}

/** Tags are written without a condition. So they are read before, compared with what is expected, and read again. */
export async function setAlias(
  client: SagemakerClient,
  reader: PackageReader,
  tagPrefix: string,
  { model, alias, version, expect }: AliasTagChange,
  abortSignal: AbortSignal | undefined,
): Promise<void> {
  refuseComputedAlias(alias)
  const key = `${tagPrefix}${alias}`
  const fault = entryFault(key, '1')
  if (alias === '' || fault !== undefined)
    throw wrongOption('alias', `"${alias}" cannot be kept: the tag ${key} ${fault ?? 'names none'}`)
  const { ModelPackageGroupArn: arn } = await reader.group(model, abortSignal)
  const before = await current()
  if (expect !== undefined && expect !== before) throw standsElsewhere(before, expect)
  if (version !== null) await reader.version(model, version, abortSignal)
  if (version === before) return
  const { operation, input } =
    version === null ? deleteTag(arn, key) : addTag(arn, { Key: key, Value: version })
  await client.send(operation, input, { abortSignal })
  const after = await current()
  if (after !== version) throw standsElsewhere(after, version)

  async function current(): Promise<string | null> {
    return (await reader.aliases(model, abortSignal)).get(alias) ?? null
  }

  function standsElsewhere(found: string | null, wanted: string | null): ModelspineError {
    return new ModelspineError(
      'conflict',
      `alias "${alias}" of model "${model}" points to ${found ?? 'nothing'}, not to ${wanted ?? 'nothing'}`,
      { details: { model, alias, current: found, expected: wanted } },
    )
  }
}
