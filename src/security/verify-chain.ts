import { type WalkOptions, walkChain } from './chain-walk.ts'
import type { AuditVerdict } from './contract.ts'

/** The verdict on a whole chain. `lines` is the canonical JSON of its records. */
export async function verifyChain(
  lines: Iterable<string> | AsyncIterable<string>,
  options: WalkOptions = {},
): Promise<AuditVerdict> {
  const walk = walkChain(options)
  for await (const line of lines) {
    walk.step(line)
    if (walk.fault !== undefined) return walk.fault
  }
  return walk.finish()
}
