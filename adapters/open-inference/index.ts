export type { OpenInferenceMetadata } from './open-inference-api.ts'
export {
  type OpenInferenceModel,
  type OpenInferenceOptions,
  type OpenInferenceProvider,
  openInference,
  openInferenceProvider,
} from './open-inference-provider.ts'
