import { ModelspineError, messageOf } from 'modelspine/adapter'

/** `unsupported`, for an optional library that could not be loaded. `needing` is what the user called. */
export function missingLibrary(
  needing: string,
  library: string,
  cause: unknown,
  why: string = messageOf(cause),
): ModelspineError {
  return new ModelspineError(
    'unsupported',
    `${needing} needs ${library}, which could not be loaded (${why}): run npm install ${library}`,
    { cause },
  )
}
