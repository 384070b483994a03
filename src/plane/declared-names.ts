import type { DeploymentTarget } from '../deployment-target/contract.ts'

/**
 * The names that resources of a plane may use, as the compiler knows them from the plane's options. Where the
 * compiler does not know them, the type is `string`: then every name compiles, and `apply` checks it.
 */
export interface DeclaredNames {
  readonly registries: string
  /** By name, each with its own type of settings. */
  readonly targets: Readonly<Record<string, DeploymentTarget>>
  readonly providers: string
  readonly policies: string
  readonly metrics: string
  /** Schemes of secret references. */
  readonly secrets: string
}
