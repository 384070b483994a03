import type { Clock } from 'modelspine/adapter'
import { createGoogleClient, type GoogleConnection, isProject } from '../shared/google/google-client.ts'
import type { GoogleWords } from '../shared/google/google-words.ts'
import type { AddressingClient } from '../shared/vendor-client.ts'
import { wrongOption } from '../shared/wrong-option.ts'

/** How Vertex AI is reached, and where in it. */
export interface VertexConnection extends GoogleConnection {
  /** The id or the number of the project. */
  readonly project: string
  /** A region such as `europe-west4`. */
  readonly location: string
}

export interface VertexClient extends AddressingClient {
  /** `projects/{project}/locations/{location}` */
  readonly parent: string
}

/** Vertex answers some calls only after it has looked at files or machines. */
const defaultTimeoutMs = 30_000

/** Connects nothing before the first call. Throws `invalid-options`. */
export function createVertexClient(
  { project, location, ...connection }: VertexConnection,
  words: GoogleWords,
  clock: Clock,
): VertexClient {
  if (!isProject(project)) {
    throw wrongOption(
      'project',
      `is "${project}": write the id or the number of a project, such as my-team-prod`,
    )
  }
  if (!/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(location)) {
    throw wrongOption('location', `is "${location}": write one such as europe-west4`)
  }
  const service = { host: hostOf(location) }
  const client = createGoogleClient({ timeoutMs: defaultTimeoutMs, ...connection }, service, words, clock)
  return { ...client, parent: `projects/${project}/locations/${location}` }
}

/** Some locations are several regions, and have addresses of another form. */
function hostOf(location: string): string {
  if (location === 'global') return 'aiplatform.googleapis.com'
  if (location === 'us' || location === 'eu') return `aiplatform.${location}.rep.googleapis.com`
  return `${location}-aiplatform.googleapis.com`
}
