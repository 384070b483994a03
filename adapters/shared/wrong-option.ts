import { isModelspineError, ModelspineError } from 'modelspine/adapter'

/** `invalid-options` that names the field. `fault` says what it is, and what would be right. */
export function wrongOption(field: string, fault: string): ModelspineError {
  return new ModelspineError('invalid-options', `${field} ${fault}`, { details: { field } })
}

/** For adapters whose option is called `endpoint`: the client that is made there calls it `baseUrl` in its errors. */
export function namingEndpoint<Made>(make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    if (!isModelspineError(error, 'invalid-options') || error.details.field !== 'baseUrl') throw error
    throw wrongOption('endpoint', error.message.replace(/^baseUrl /, ''))
  }
}
