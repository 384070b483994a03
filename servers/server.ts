/**
 * A server that other people wrote, that suites of test/live run against and examples start. Its address is what they
 * need to reach it, in plain values that can be sent to another process.
 */
export interface LiveServer<Address extends object = object, Options extends object = object> {
  readonly name: string
  /** The version that is installed, or where the version comes from when the system chooses it. */
  readonly version: string
  /** Puts the server into the cache, unless it is there. Several processes may install at once. */
  install(): Promise<Installation>
  /** Starts an installed server on a free port of the loopback. Resolves when it is ready to work. */
  start(options: StartOptions & Options): Promise<RunningServer<Address>>
}

export type Installation = Installed | { readonly missing: string }

export interface Installed {
  readonly folder: string
  /** How long it took, in this run or in the run that installed it. */
  readonly tookMs: number
  /** Whether this run installed it. */
  readonly isNew: boolean
}

export interface StartOptions {
  /** An empty folder for the server's data and its log. */
  readonly folder: string
  /** Ends a start that is under way. */
  readonly abortSignal?: AbortSignal
}

export interface RunningServer<Address extends object = object> {
  readonly address: Address
  /** The version that the server says of itself, where that is not the one it was installed as. */
  readonly version?: string
  /** The file with all that the server printed. */
  readonly log: string
  stop(): Promise<void>
}
