/**
 * A model reference names a model in a registry, and a version or an alias of that model. The short form
 * `registry/rest` splits at the first `/`. The registry's adapter parses the rest (`text`).
 */
export type ModelReference =
  | { readonly registry: string; readonly name: string; readonly version: string }
  | { readonly registry: string; readonly name: string; readonly alias: string }
  | { readonly registry: string; readonly text: string }

/** How a reference is printed: `mlflow/churn@champion`, `mlflow/churn:3`. */
export function formatReference(reference: ModelReference): string {
  if ('text' in reference) return `${reference.registry}/${reference.text}`
  const tail = 'version' in reference ? `:${reference.version}` : `@${reference.alias}`
  return `${reference.registry}/${reference.name}${tail}`
}
