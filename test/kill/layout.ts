import { join } from 'node:path'

/** The paths of all files of one run. */
export interface Layout {
  readonly state: string
  readonly audit: string
  readonly registry: string
  readonly fronts: string
  /** One line for each model server, written by the server itself. */
  readonly starts: string
  readonly failures: string
  /** One line for each call that may change a target, written before the call. */
  readonly effects: string
  /** The vendor's own record, in the mode `tagged`. */
  readonly cloud: string
  readonly log: string
  target(name: 'local' | 'front'): string
}

export function layoutOf(folder: string): Layout {
  return {
    state: join(folder, 'state.db'),
    audit: join(folder, 'audit'),
    registry: join(folder, 'registry'),
    fronts: join(folder, 'fronts'),
    starts: join(folder, 'starts.jsonl'),
    failures: join(folder, 'failures.jsonl'),
    effects: join(folder, 'effects.jsonl'),
    cloud: join(folder, 'cloud.db'),
    log: join(folder, 'plane.log'),
    target: (name) => join(folder, `target-${name}`),
  }
}

export function journalFile(folder: string, target: 'local' | 'front'): string {
  return join(folder, `journal-${target}.jsonl`)
}
