import { ModelspineError } from 'modelspine/adapter'

/** `conflict`, for a version that is there already and is not made of what was given. */
export function otherArtifact(model: string, version: string | undefined): ModelspineError {
  return new ModelspineError(
    'conflict',
    `version "${version}" of model "${model}" is already registered with another artifact: versions never change, so register a new version`,
    { details: { model, version }, retryable: false },
  )
}
