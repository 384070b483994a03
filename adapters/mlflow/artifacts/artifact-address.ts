import { artifactRoute } from '../mlflow-api.ts'

/** How the address of an artifact stands to the artifact store that an MLflow server serves. */
export type ArtifactAddress =
  /** The server serves it, below this path. */
  | { readonly kind: 'served'; readonly path: string }
  /** Another store, which has clients of its own. */
  | { readonly kind: 'elsewhere' }

/**
 * `mlflow-artifacts:/PATH` means the server that is asked, `mlflow-artifacts://HOST/PATH` the one of that host. An
 * address of another server is `elsewhere`, so that no credentials are sent there.
 */
export function addressOf(uri: string, baseUrl: string): ArtifactAddress {
  const [, host, path = ''] = /^mlflow-artifacts:(?:\/\/([^/]*))?\/+(.*)$/s.exec(uri) ?? []
  if (uri.startsWith('mlflow-artifacts:')) {
    const isOurs = host === undefined || host === '' || host.toLowerCase() === new URL(baseUrl).host
    return isOurs ? served(path) : { kind: 'elsewhere' }
  }
  const root = `${baseUrl}${artifactRoute}/`
  const below = uri.startsWith(root) ? decoded(uri.slice(root.length)) : undefined
  return below === undefined ? { kind: 'elsewhere' } : served(below)
}

function served(path: string): ArtifactAddress {
  return { kind: 'served', path: path.replace(/\/+$/, '') }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
