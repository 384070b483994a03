import type { Secret } from 'modelspine/adapter'
import { freePort } from '../free-port.ts'
import { fillTemplate, type TemplateValues } from '../settings/command-template.ts'
import { addressIn, pathsOf } from '../settings/revision-refusal.ts'
import { openLine } from '../state/journal.ts'
import { type ProcessRun, startRun } from './process-run.ts'
import { everRan } from './run-history.ts'
import type { SupervisorOptions } from './supervisor-options.ts'

export interface Launch {
  readonly operationId: string
  /** Exits in a row before this start. */
  readonly exits: number
  /** The secrets by environment variable. */
  readonly secrets: ReadonlyMap<string, Secret>
  readonly onExit: () => void
}

/** Starts a process on a port of its own. Secrets reach the process only through its environment. */
export async function launchProcess(
  { path, record, settings, clock, journal, takenPorts }: SupervisorOptions,
  { operationId, exits, secrets, onExit }: Launch,
): Promise<ProcessRun> {
  const port = await freePort(takenPorts(), clock, settings.ports)
  const values = valuesOf(record, port)
  const event = (await everRan(path)) ? 'restarted' : 'started'
  const { key, revision } = record
  const line = openLine({ event, atMs: clock.now(), key, revision: revision.name, operationId })
  return startRun({
    revisionPath: path,
    id: clock.id(),
    intent: { port, exits },
    command: settings.command.map((text) => fillTemplate(text, values)),
    env: {
      ...inherited(settings.inheritEnv),
      ...Object.fromEntries(
        Object.entries(settings.env).map(([name, text]) => [name, fillTemplate(text, values)]),
      ),
      ...revision.runtime.env,
      ...Object.fromEntries([...secrets].map(([name, secret]) => [name, secret.reveal()])),
    },
    workingFolder: settings.workingFolder,
    journal: { path: journal.path, line },
    onExit,
  })
}

export function valuesOf({ key, revision }: SupervisorOptions['record'], port: number): TemplateValues {
  const { name, version } = revision.model
  const [files, uri] = [pathsOf(revision), addressIn(revision)]
  return { port, files, uri, name, version, revision: revision.name, key }
}

function inherited(names: readonly string[]): Record<string, string> {
  const values = names.map((name) => [name, process.env[name]] as const)
  return Object.fromEntries(values.filter((each): each is [string, string] => each[1] !== undefined))
}
