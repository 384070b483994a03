import { ModelspineError } from 'modelspine/adapter'
import { anyVariant } from '../sagemaker-protocol.ts'

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
 * known, as that of a deployment is, it is `VARIANT`, `component/NAME`, or `*` for whichever SageMaker chooses. Throws `not-found`.
 */
export function invocationAddress(model: string, known?: string): InvocationAddress {
  if (known !== undefined && model === anyVariant) return { endpoint: known }
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
      : 'VARIANT, component/NAME or *'
  throw new ModelspineError(
    'not-found',
    `SageMaker: "${model}" names nothing that can be invoked: write ${forms}`,
    {
      details: { model },
    },
  )
}
