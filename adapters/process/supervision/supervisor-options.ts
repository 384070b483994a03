import type { Clock, Logger } from 'modelspine/adapter'
import type { ProcessSettings } from '../settings/options.ts'
import type { Journal } from '../state/journal.ts'
import type { RevisionRecord } from '../state/revision-files.ts'

/** One revision, and everything that its supervisor needs. */
export interface SupervisorOptions {
  readonly path: string
  readonly record: RevisionRecord
  /** The target's settings, overridden by the deployment's settings. */
  readonly settings: ProcessSettings
  readonly clock: Clock
  readonly logger: Logger
  readonly journal: Journal
  /** The ports of the other revisions. */
  readonly takenPorts: () => ReadonlySet<number>
  /** Called when the answer of `observed` has changed. */
  readonly onChange: () => void
}
