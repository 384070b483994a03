import { ModelspineError } from 'modelspine/adapter'

export interface AliasMove {
  readonly model: string
  readonly alias: string
  /** Null removes the alias. */
  readonly version: string | null
  readonly expect: string | null | undefined
}

/** One alias at a vendor that writes it without a condition. */
export interface UnguardedAlias {
  /** Where it stands. Null: nowhere. */
  current(): Promise<string | null>
  /** Throws `model-not-found` for a version that cannot be used. */
  checkVersion(version: string): Promise<unknown>
  /** `before` is where it stood. */
  write(before: string | null): Promise<unknown>
}

/**
 * Reads the alias, compares it with what is expected, writes it, and reads it again. Throws `conflict` when it stands
 * elsewhere, before or after. A race between two writers may stay unseen.
 */
export async function moveAlias(move: AliasMove, stored: UnguardedAlias): Promise<void> {
  const { version, expect } = move
  const before = await stored.current()
  if (expect !== undefined && expect !== before) throw standsElsewhere(move, before, expect)
  if (version !== null) await stored.checkVersion(version)
  if (version === before) return
  await stored.write(before)
  const after = await stored.current()
  if (after !== version) throw standsElsewhere(move, after, version)
}

function standsElsewhere(
  { model, alias }: AliasMove,
  found: string | null,
  wanted: string | null,
): ModelspineError {
  return new ModelspineError(
    'conflict',
    `alias "${alias}" of model "${model}" points to ${found ?? 'nothing'}, not to ${wanted ?? 'nothing'}`,
    { details: { model, alias, current: found, expected: wanted } },
  )
}
