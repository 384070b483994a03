/** The protocol of endpoints that SageMaker runs: the key in a plane's `connect`. */
export const sagemakerProtocol = 'sagemaker'
