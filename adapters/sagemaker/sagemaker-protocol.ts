/** The protocol of endpoints that SageMaker runs: the key in a plane's `connect`. */
export const sagemakerProtocol = 'sagemaker'

/** The model of an endpoint's revision where SageMaker alone decides who answers. No variant has such a name. */
export const anyVariant = '*'
