import { refuseComputedAlias } from 'modelspine/adapter'
import { type AliasMove, moveAlias } from '../../shared/registry/move-alias.ts'
import { wrongOption } from '../../shared/wrong-option.ts'
import type { SagemakerClient } from '../sagemaker-client.ts'
import { entryFault } from './metadata-text.ts'
import type { PackageReader } from './package-reader.ts'
import { addTag, deleteTag } from './package-requests.ts'

/** Tags are written without a condition. */
export async function setAlias(
  client: SagemakerClient,
  reader: PackageReader,
  tagPrefix: string,
  move: AliasMove,
  abortSignal: AbortSignal | undefined,
): Promise<void> {
  const { model, alias, version } = move
  refuseComputedAlias(alias)
  const key = `${tagPrefix}${alias}`
  const fault = entryFault(key, '1')
  if (alias === '' || fault !== undefined)
    throw wrongOption('alias', `"${alias}" cannot be kept: the tag ${key} ${fault ?? 'names none'}`)
  const { ModelPackageGroupArn: arn } = await reader.group(model, abortSignal)
  await moveAlias(move, {
    current: async () => (await reader.aliases(model, abortSignal)).get(alias) ?? null,
    checkVersion: (wanted) => reader.version(model, wanted, abortSignal),
    write() {
      const { operation, input } =
        version === null ? deleteTag(arn, key) : addTag(arn, { Key: key, Value: version })
      return client.send(operation, input, { abortSignal })
    },
  })
}
