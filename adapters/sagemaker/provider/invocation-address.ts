import { ModelspineError } from 'modelspine/adapter'

/** What one request is for. */
export interface InvocationAddress {
  readonly endpoint: string
  /** Without it, the endpoint chooses by its weights. */
  readonly variant?: string
  readonly component?: string
}

const name = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/

/**
 * Reads the model of a request. It is `ENDPOINT`, `ENDPOINT/VARIANT` or `ENDPOINT/component/NAME`. Where the endpoint is
 * known, as that of a deployment is, it is `VARIANT` or `component/NAME`. Throws `not-found`.
 */
export function invocationAddress(model: string, known?: string): InvocationAddress {
  const [endpoint = '', ...rest] = known === undefined ? model.split('/') : [known, ...model.split('/')]
  const [variant, component, ...more] = rest
  if ([endpoint, ...rest].every((each) => name.test(each)) && more.length === 0) {
    if (variant === undefined) return { endpoint }
    if (component === undefined) return { endpoint, variant }
    if (variant === 'component') return { endpoint, component }
  }
  const forms =
    known === undefined
      ? 'ENDPOINT, ENDPOINT/VARIANT or ENDPOINT/component/NAME'
      : 'VARIANT or component/NAME'
  throw new ModelspineError(
    'not-found',
    `SageMaker: "${model}" names nothing that can be invoked: write ${forms}`,
    {
      details: { model },
    },
  )
}
