import { isModelspineError, refuseComputedAlias } from 'modelspine/adapter'
import { type AliasMove, moveAlias } from '../../shared/registry/move-alias.ts'
import { unlessNotFound } from '../../shared/registry/unless-not-found.ts'
import { wrongOption } from '../../shared/wrong-option.ts'
import type { VertexClient } from '../vertex-client.ts'
import type { ModelReader } from './model-reader.ts'
import { modelRecord } from './model-replies.ts'
import { mergeAliasesRequest, writeLabelsRequest } from './model-requests.ts'
import { isOwnLabel, versionIn } from './published-model.ts'
import { labelFault, type VertexModelLabels } from './registry-options.ts'

/** How often labels are written anew when somebody else has changed the version meanwhile. */
const tries = 4

/** Labels to set. Null removes one. */
export type LabelEdit = Readonly<Record<string, string | null>>

/** Writes with the etag that was read, so that no label of another writer is lost. Throws `conflict`. */
export async function editLabels(
  client: VertexClient,
  reader: ModelReader,
  { model, version, edit }: { readonly model: string; readonly version: string; readonly edit: LabelEdit },
  abortSignal: AbortSignal | undefined,
): Promise<void> {
  for (let left = tries; ; left -= 1) {
    const record = await reader.version(model, version, abortSignal)
    const before = record.labels ?? {}
    const isThere = Object.entries(edit).every(([name, value]) => (before[name] ?? null) === value)
    if (isThere) return
    const merged = Object.entries({ ...before, ...edit })
    const labels = Object.fromEntries(merged.filter((each): each is [string, string] => each[1] !== null))
    const etag = record.etag ?? undefined
    try {
      const request = writeLabelsRequest(client.parent, model, version, { etag, labels })
      await client.read(modelRecord, { ...request, abortSignal })
      return
    } catch (error) {
      if (left <= 1 || !isModelspineError(error, 'conflict')) throw error
    }
  }
}

/** Throws `invalid-options` for a tag that no label can be. */
export function checkTags(tags: LabelEdit, names: VertexModelLabels): void {
  for (const [name, value] of Object.entries(tags)) {
    if (isOwnLabel(name, names)) {
      const remedy = name === names.approval ? 'call setApproval' : 'register another version'
      throw wrongOption(`tags.${name}`, `cannot be set as a tag: ${remedy}`)
    }
    const fault = labelFault(name, value ?? '')
    if (fault !== undefined) throw wrongOption(`tags.${name}`, `cannot be a label of Vertex: ${fault}`)
  }
}

const aliasForm = /^[a-z]([a-z0-9-]{0,126}[a-z0-9])?$/

/** Vertex takes no etag for aliases. */
export async function setAlias(
  client: VertexClient,
  reader: ModelReader,
  move: AliasMove,
  abortSignal: AbortSignal | undefined,
): Promise<void> {
  const { model, alias, version } = move
  refuseComputedAlias(alias)
  if (!aliasForm.test(alias)) {
    throw wrongOption(
      'alias',
      `is "${alias}": begin with a small letter, and go on with small letters, digits and "-"`,
    )
  }
  if (alias === 'default' && version === null) {
    throw wrongOption('alias', 'is "default", which each model of Vertex has: move it to another version')
  }
  await moveAlias(move, {
    async current() {
      const record = await unlessNotFound(reader.alias(model, alias, abortSignal))
      if (record !== undefined) return versionIn(record)
      // Each model has this one. So the alias is missing, or the model.
      await reader.alias(model, 'default', abortSignal)
      return null
    },
    checkVersion: (wanted) => reader.version(model, wanted, abortSignal),
    write(before) {
      const [at, change] = version === null ? [before ?? '', `-${alias}`] : [version, alias]
      const request = mergeAliasesRequest(client.parent, model, at, [change])
      return client.read(modelRecord, { ...request, abortSignal })
    },
  })
}
