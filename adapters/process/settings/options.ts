import { isAbsolute } from 'node:path'
import { type Clock, type Logger, ModelspineError } from 'modelspine/adapter'
import { type PortRange, quietPorts } from '../free-port.ts'
import { checkTemplate } from './command-template.ts'

export interface ProcessTargetOptions {
  /**
   * The folder for state and logs, an absolute path. It is made when missing. Only one target at a time may
   * use it.
   */
  readonly folder: string
  /**
   * The program that is run for each revision, and its arguments, without a shell. Placeholders: `{port}`
   * (needed here or in `env`), `{model}` (path of the artifact's first file), `{files.0}`, `{files.1}` …,
   * `{uri}` (address of the first file, for a program that fetches it by itself), `{name}` and `{version}` of the
   * model, `{revision}`, `{key}`.
   */
  readonly command: readonly [string, ...string[]]
  /** The environment of every process, with the same placeholders. */
  readonly env?: Readonly<Record<string, string>>
  /**
   * Variables that are passed on from this process. Default: PATH, HOME, USER, SHELL, LANG, LC_ALL, TZ,
   * TMPDIR.
   */
  readonly inheritEnv?: readonly string[]
  /** Default: the working folder of this process. */
  readonly workingFolder?: string
  readonly health?: HealthOptions
  readonly restart?: RestartOptions
  /** Milliseconds between SIGTERM and SIGKILL. Default 10,000. */
  readonly drainMs?: number
  /**
   * A revision's log is cut when it is longer than this many bytes. Up to half as many bytes are kept beside
   * it. Default 1 MiB.
   */
  readonly logBytes?: number
  /** The endpoint's protocol. Default `open-inference`. */
  readonly protocol?: string
  /**
   * A path such as `/v1` that is appended to `http://127.0.0.1:<port>` to make the endpoint's address.
   * Default: empty.
   */
  readonly basePath?: string
  /** The model's name at the endpoint, with placeholders. Default `{name}`. */
  readonly modelName?: string
  /**
   * The range of ports to choose from. Default 20000 to 29999, which no system gives to the connections that processes
   * open.
   */
  readonly ports?: PortRange
  /** How many revisions of one deployment may run side by side. Default 10. */
  readonly maxRevisions?: number
  /**
   * Whether files are checked before the first start against the digests that the registry knows. Default
   * true.
   */
  readonly verifyDigests?: boolean
  /**
   * The absolute path of a file that gets one JSON line for every start, restart, adoption, exit, stop and
   * removal.
   */
  readonly journal?: string
  readonly clock?: Clock
  readonly logger?: Logger
}

export interface HealthOptions {
  /** The path that is asked by GET, with placeholders. Default `/v2/health/ready`. */
  readonly path?: string
  /** Milliseconds between two probes; at most 100 while the process starts. Default 1000. */
  readonly intervalMs?: number
  /** Default 1000. */
  readonly timeoutMs?: number
  /** A process that is not ready after this many milliseconds is ended. Default 60,000. */
  readonly startTimeoutMs?: number
  /** This many failed probes in a row make a ready process unready. Default 3. */
  readonly failures?: number
  /** A process that is unready for this many milliseconds is ended and started again. Default 30,000. */
  readonly unreadyLimitMs?: number
}

export interface RestartOptions {
  /**
   * Milliseconds before the first restart. The wait doubles each time, and up to half of it is taken off at
   * random. Default 500.
   */
  readonly minMs?: number
  /** Default 60,000. */
  readonly maxMs?: number
  /** A revision that was never ready fails for good after this many exits in a row. Default 5. */
  readonly attempts?: number
}

const defaultEnv = ['PATH', 'HOME', 'USER', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR']

/** The options with every default filled in. */
export interface ProcessSettings {
  readonly folder: string
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  readonly inheritEnv: readonly string[]
  readonly workingFolder: string | undefined
  readonly health: Required<HealthOptions>
  readonly restart: Required<RestartOptions>
  readonly drainMs: number
  readonly logBytes: number
  readonly protocol: string
  readonly basePath: string
  readonly modelName: string
  readonly ports: PortRange
  readonly maxRevisions: number
  readonly verifyDigests: boolean
}

/**
 * Throws `invalid-options` and names the field. Throws `unsupported` when the platform has no POSIX
 * processes.
 */
export function checkOptions(options: ProcessTargetOptions, platform: string): ProcessSettings {
  if (platform === 'win32') {
    throw new ModelspineError(
      'unsupported',
      'processTarget needs POSIX processes, which Windows does not have: use WSL',
    )
  }
  checkNeeded(options)
  const settings: ProcessSettings = {
    folder: options.folder,
    command: options.command,
    env: options.env ?? {},
    inheritEnv: options.inheritEnv ?? defaultEnv,
    workingFolder: options.workingFolder,
    health: {
      path: options.health?.path ?? '/v2/health/ready',
      intervalMs: options.health?.intervalMs ?? 1000,
      timeoutMs: options.health?.timeoutMs ?? 1000,
      startTimeoutMs: options.health?.startTimeoutMs ?? 60_000,
      failures: options.health?.failures ?? 3,
      unreadyLimitMs: options.health?.unreadyLimitMs ?? 30_000,
    },
    restart: {
      minMs: options.restart?.minMs ?? 500,
      maxMs: options.restart?.maxMs ?? 60_000,
      attempts: options.restart?.attempts ?? 5,
    },
    drainMs: options.drainMs ?? 10_000,
    logBytes: options.logBytes ?? 1_048_576,
    protocol: options.protocol ?? 'open-inference',
    basePath: options.basePath ?? '',
    modelName: options.modelName ?? '{name}',
    ports: options.ports ?? quietPorts,
    maxRevisions: options.maxRevisions ?? 10,
    verifyDigests: options.verifyDigests ?? true,
  }
  checkPaths(options)
  checkNumbers(settings)
  checkTemplates(settings)
  return settings
}

function checkNeeded({ folder, command }: Partial<ProcessTargetOptions>): void {
  if (typeof folder !== 'string')
    invalid('folder', `${folder} is not a path: give the folder for state and logs`)
  if (!Array.isArray(command)) {
    invalid('command', `${command} is not a list: give the program and its arguments one by one`)
  }
}

function checkPaths({ folder, journal, workingFolder, ports }: ProcessTargetOptions): void {
  for (const [field, path] of Object.entries({ folder, journal, workingFolder })) {
    if (path !== undefined && !isAbsolute(path)) {
      invalid(
        field,
        `"${path}" must be an absolute path, because the processes outlive this process and its working folder`,
      )
    }
  }
  if (ports !== undefined && !(ports.from >= 1 && ports.from <= ports.to && ports.to <= 65_535)) {
    invalid(
      'ports',
      `${ports.from} to ${ports.to} is not a range of ports: give ports from 1 to 65535, the lower one first`,
    )
  }
}

function checkNumbers({ health, restart, ...rest }: ProcessSettings): void {
  const { drainMs, logBytes, maxRevisions } = rest
  const { path: _, ...times } = health
  for (const [group, numbers] of Object.entries({
    health: times,
    restart,
    '': { drainMs, logBytes, maxRevisions },
  })) {
    for (const [name, value] of Object.entries(numbers)) {
      const least = name === 'drainMs' ? 0 : name === 'logBytes' ? 1024 : 1
      if (value >= least && Number.isFinite(value)) continue
      invalid(
        group === '' ? name : `${group}.${name}`,
        `${value} is not allowed: give a finite number of at least ${least}`,
      )
    }
  }
}

function checkTemplates({ command, env, health, modelName }: ProcessSettings): void {
  const [program] = command
  if (program === undefined || program === '') invalid('command', 'name the program to run')
  command.forEach((text, place) => {
    checkTemplate(`command[${place}]`, text)
  })
  for (const [name, text] of Object.entries(env)) checkTemplate(`env.${name}`, text)
  checkTemplate('health.path', health.path)
  checkTemplate('modelName', modelName)
  if (!health.path.startsWith('/')) invalid('health.path', `"${health.path}" must start with /`)
  if (![...command, ...Object.values(env)].some((text) => text.includes('{port}'))) {
    invalid('command', 'the process does not get its port: put {port} in command or env')
  }
}

function invalid(field: string, message: string): never {
  throw new ModelspineError('invalid-options', `${field}: ${message}`, { details: { field } })
}
