import type { Artifact, DeploymentTarget } from 'modelspine/adapter'

/** A cloud that a simulator plays in this process, while the plane over it lives and dies in another one. */
export interface SimulatedCloud {
  /** What the victim is told, to make its target. It goes as JSON. */
  readonly address: unknown
  /** Called with each request when it arrives, before anything is done. */
  onRequest: (changes: boolean) => void
  /** What the simulator has, and what its journal says. The plane reports nothing of it. */
  end(): CloudEnd
  close(): Promise<void>
}

export interface CloudEnd {
  /** All that is there, by its kind. A killed run has the same. */
  readonly there: Readonly<Record<string, readonly string[]>>
  /** Each mutation of the journal that makes something, or that changes what runs. None may stand here twice. */
  readonly made: readonly string[]
  /** What would have broken something that runs, and what is not as the vendor describes it. */
  readonly faults: readonly string[]
}

/** How a cloud is played, and how a plane reaches it. */
export interface CloudPlay {
  start(): Promise<SimulatedCloud>
}

/** The part of a cloud in the victim's process. */
export interface VictimCloud {
  target(address: never): DeploymentTarget
  /** The protocol of its endpoints. */
  readonly protocol: string
  /** Of a version of the model. */
  artifact(version: string): Artifact
  /** Variables of each revision. */
  readonly env: Readonly<Record<string, string>>
}
