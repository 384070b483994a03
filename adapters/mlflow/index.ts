/** A registry over MLflow's model registry, its webhooks, and its artifacts in a folder. */
export {
  type FetchedArtifacts,
  type FetchMlflowArtifactsOptions,
  fetchMlflowArtifacts,
} from './artifacts/fetch-mlflow-artifacts.ts'
export type { FetchedFile } from './artifacts/fetched-folder.ts'
export {
  type MlflowWebhooks,
  type MlflowWebhooksOptions,
  mlflowWebhooks,
  type WebhookAnswer,
  type WebhookDelivery,
} from './changes/mlflow-webhooks.ts'
export type { MlflowRegistryOptions, MlflowTags } from './mlflow-options.ts'
export { type MlflowRegistry, mlflowRegistry } from './mlflow-registry.ts'
