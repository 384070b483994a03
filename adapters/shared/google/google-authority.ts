import type { Authority } from '../vendor-authority.ts'
import {
  type GoogleCredentialContext,
  type GoogleCredentialsOption,
  type GoogleToken,
  googleCredentials,
} from './google-credentials.ts'

export interface GoogleAuthorityOptions extends GoogleCredentialContext {
  readonly credentials: GoogleCredentialsOption
  /** Default: that of the credentials. */
  readonly quotaProject: string | undefined
}

/** Shows an access token. Where Google refuses it, another is looked for, once a call. */
export function googleAuthority(options: GoogleAuthorityOptions): Authority {
  const source = googleCredentials(options.credentials, options)

  return () => {
    let used: GoogleToken | undefined
    let isRefused = false

    return {
      async authorize(_wire, limits) {
        used = await source.current(limits)
        const value = used.token.reveal()
        const quotaProject = options.quotaProject ?? used.quotaProject
        return {
          headers: {
            authorization: `Bearer ${value}`,
            ...(quotaProject !== undefined && { 'x-goog-user-project': quotaProject }),
          },
          secrets: [value],
        }
      },

      async again({ status }, limits) {
        if (status !== 401 || isRefused || used === undefined) return false
        isRefused = true
        return source.hasOthers(used, limits)
      },
    }
  }
}
