import { existsSync, readFileSync } from 'node:fs'
import type { Key } from 'modelspine'
import type { AuditRecord, AuditVerdict } from 'modelspine/adapter'
import { fileAuditLog } from 'modelspine/adapters/file'
import type { JournalLine } from 'modelspine/adapters/process'
import { here } from '../status.ts'
import { type CommitJournal, readCommits } from './commit-journal.ts'
import { journalFile, layoutOf } from './layout.ts'
import type { Mode } from './mode.ts'
import { processesOf, type RunningProcess } from './processes.ts'
import { type CloudRecord, readCloud } from './vendor/cloud.ts'
import { type Front, readFront } from './victim/fronted-target.ts'
import type { SentCall } from './victim/watched-target.ts'

/** The traces that a run left behind. The plane itself reports none of them. */
export interface Evidence {
  readonly mode: Mode
  /** How often the plane was killed. */
  readonly kills: number
  readonly commits: CommitJournal
  /** The number of commits when everything was settled, some time before the plane stopped. */
  readonly commitsWhenSettled: number
  readonly records: readonly AuditRecord[]
  readonly verdict: AuditVerdict
  /** The process targets' own journals. */
  readonly journal: readonly JournalLine[]
  /** The starts that the model servers wrote down themselves. */
  readonly starts: readonly ModelStart[]
  readonly front: Front
  /** The calls that could change a target. */
  readonly effects: readonly SentCall[]
  /** The vendor's own record. Empty where there is none. */
  readonly cloud: CloudRecord
  /** The processes that still run after the plane stopped. */
  readonly running: readonly RunningProcess[]
  /** The revision that answered at the address that the status gives. */
  readonly answered: string
  /** Requests that failed while the plane was alive. */
  readonly failures: readonly string[]
}

export interface ModelStart {
  readonly pid: number
  readonly key: Key
  readonly revision: string
}

export async function collectEvidence(
  folder: string,
  told: Pick<Evidence, 'mode' | 'kills' | 'commitsWhenSettled'>,
): Promise<Evidence> {
  const at = layoutOf(folder)
  const commits = readCommits(at.state)
  const cloud = told.mode === 'tagged' ? readCloud(at.cloud) : { mutations: [], running: [] }
  const log = fileAuditLog({ path: at.audit })
  const records: AuditRecord[] = []
  for await (const record of log.read()) records.push(record)
  return {
    ...told,
    commits,
    records,
    verdict: await log.verify(),
    journal: [
      ...linesOf<JournalLine>(journalFile(folder, 'local')),
      ...linesOf<JournalLine>(journalFile(folder, 'front')),
    ],
    starts: linesOf<ModelStart>(at.starts),
    front: readFront(at.fronts, 'default/aside'),
    effects: linesOf<SentCall>(at.effects),
    cloud,
    running: processesOf(folder),
    answered: told.mode === 'tagged' ? servingOf(cloud) : await answerOf(commits),
    failures: linesOf<{ message: string }>(at.failures).map(({ message }) => message),
  }
}

function servingOf({ running }: CloudRecord): string {
  const names = running.filter(({ key }) => key === 'default/digits').map(({ revision }) => revision)
  return names.join(' and ') || 'no revision'
}

/** Asks the server at the address of the stable revision which revision it is. */
async function answerOf({ states }: CommitJournal): Promise<string> {
  const status = states.findLast(({ key }) => key === 'default/digits')?.status
  const address = here(status).revisions.find(({ revision }) => revision === status?.stable)?.endpoint
    ?.address
  if (address === undefined) return 'no address'
  const reply = await fetch(`${address}/v2/models/digits/infer`, { method: 'POST', body: '{}' })
  const { outputs } = (await reply.json()) as { outputs: readonly { data: readonly string[] }[] }
  return outputs[0]?.data[0] ?? 'no revision'
}

function linesOf<Line>(path: string): readonly Line[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}
