export type { AwsConnection } from '../shared/aws/aws-client.ts'
export type { AsyncPayload as SagemakerAsyncPayload } from './provider/invocation-requests.ts'
export type { TensorForm as SagemakerTensorForm } from './provider/payload-forms.ts'
export {
  connectSagemaker,
  type SagemakerPending,
  type SagemakerProvider,
  type SagemakerProviderOptions,
  type SagemakerStream,
  sagemakerProvider,
} from './provider/sagemaker-provider.ts'
export type { SagemakerArtifact } from './registry/artifact.ts'
export type { SagemakerPackaging } from './registry/package-requests.ts'
export type { SagemakerMetadata, SagemakerRegistryOptions } from './registry/registry-options.ts'
export { type SagemakerRegistry, sagemakerRegistry } from './registry/sagemaker-registry.ts'
export type { SagemakerGuardrails } from './target/guarded/guardrails.ts'
export { type SagemakerTarget, sagemakerTarget } from './target/sagemaker-target.ts'
export type { SagemakerTargetOptions } from './target/target-options.ts'
export type { SagemakerSettings } from './target/target-settings.ts'
