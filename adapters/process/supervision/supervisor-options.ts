import type { Clock, Logger } from 'modelspine/adapter'
import type { ProcessSettings } from '../settings/options.ts'
import type { Journal } from '../state/journal.ts'
import type { RevisionRecord } from '../state/revision-files.ts'

/** One revision, and what its supervisor works with. */
export interface SupervisorOptions {
  readonly path: string
  readonly record: RevisionRecord
  /** With the deployment's own over the target's. */
  readonly settings: ProcessSettings
  readonly clock: Clock
  readonly logger: Logger
  readonly journal: Journal
  /** Ports that other revisions have. */
  readonly takenPorts: () => ReadonlySet<number>
  /** What `observed` gives has changed. */
  readonly onChange: () => void
}
