import { isModelspineError, ModelspineError } from 'modelspine/adapter'
import { awsPath } from '../shared/aws/uri-encoding.ts'

/** What is asked of a model. */
export type ModelAction = 'converse' | 'converse-stream' | 'invoke' | 'invoke-with-response-stream'

/**
 * The path of a call. The model is the id of a model or of an inference profile, or an ARN, whose slashes and colons are
 * encoded. Throws `not-found` for a name that cannot be one.
 */
export function modelPath(model: string, action: ModelAction): string {
  try {
    return awsPath`/model/${model}/${action}`
  } catch (error) {
    if (!isModelspineError(error, 'invalid-reference')) throw error
    throw new ModelspineError('not-found', `Bedrock: "${model}" cannot be the name of a model`)
  }
}
